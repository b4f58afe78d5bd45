#!/usr/bin/env bash
# Train in several processes: dist_train.sh CONFIG GPUS [arguments of train.py]
# Environment: see dist_run.sh.
set -euo pipefail

if [ "$#" -lt 2 ]; then
    echo "usage: $(basename "$0") CONFIG GPUS [arguments of train.py]" >&2
    exit 2
fi
CONFIG=$1
GPUS=$2
shift 2
exec bash "$(dirname "${BASH_SOURCE[0]}")/dist_run.sh" \
    train.py "$GPUS" "$CONFIG" "$@"
