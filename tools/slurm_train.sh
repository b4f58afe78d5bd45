#!/usr/bin/env bash
# Train on a Slurm cluster:
# slurm_train.sh PARTITION JOB_NAME CONFIG WORK_DIR [arguments of train.py]
# environment: GPUS (8), GPUS_PER_NODE (8), CPUS_PER_TASK (5), SRUN_ARGS
# (more arguments of srun, separated by blanks), PORT (any), PYTHON
# A batch job that is requeued and goes on by itself: slurm_batch.sh.
set -euo pipefail

if [ "$#" -lt 4 ]; then
    echo "usage: $(basename "$0") PARTITION JOB_NAME CONFIG WORK_DIR" \
        "[arguments of train.py]" >&2
    exit 2
fi
PARTITION=$1
JOB_NAME=$2
CONFIG=$3
WORK_DIR=$4
shift 4

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
GPUS=${GPUS:-8}
GPUS_PER_NODE=${GPUS_PER_NODE:-8}
if [ "$GPUS_PER_NODE" -gt "$GPUS" ]; then
    GPUS_PER_NODE=$GPUS
fi
read -r -a MORE <<<"${SRUN_ARGS:-}"
# Two jobs may share a node.
export MASTER_PORT="${PORT:-$((20000 + RANDOM % 20000))}"
export PYTHONPATH="$(dirname "$HERE")${PYTHONPATH:+:$PYTHONPATH}"

exec srun \
    --partition="$PARTITION" \
    --job-name="$JOB_NAME" \
    --gres="gpu:$GPUS_PER_NODE" \
    --ntasks="$GPUS" \
    --ntasks-per-node="$GPUS_PER_NODE" \
    --cpus-per-task="${CPUS_PER_TASK:-5}" \
    --kill-on-bad-exit=1 \
    ${MORE[@]+"${MORE[@]}"} \
    "${PYTHON:-python}" -u "$HERE/train.py" "$CONFIG" \
    --work-dir="$WORK_DIR" --launcher=slurm "$@"
