#!/usr/bin/env bash
# Evaluate in several processes:
# dist_test.sh CONFIG CHECKPOINT GPUS [arguments of test.py]
# Environment: see dist_run.sh.
set -euo pipefail

if [ "$#" -lt 3 ]; then
    echo "usage: $(basename "$0") CONFIG CHECKPOINT GPUS [arguments of" \
        "test.py]" >&2
    exit 2
fi
CONFIG=$1
CHECKPOINT=$2
GPUS=$3
shift 3
exec bash "$(dirname "${BASH_SOURCE[0]}")/dist_run.sh" \
    test.py "$GPUS" "$CONFIG" "$CHECKPOINT" "$@"
