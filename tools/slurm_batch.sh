#!/usr/bin/env bash
# Train as a batch job that saves when it is to end, is put back into the
# queue, and goes on where it was:
#
# sbatch [options of sbatch] slurm_batch.sh CONFIG WORK_DIR [arguments of
# train.py]
#
# 120 s before the time limit, or on preemption, Slurm sends SIGUSR1: the run
# writes a checkpoint, and the job is requeued. WORK_DIR must be seen by all
# nodes.
# environment: TRAIN (tools/train.py of the checkout; sbatch runs a copy of this
# script, so give it where you submit from another folder), PYTHON
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@120
set -euo pipefail

if [ "$#" -lt 2 ]; then
    echo "usage: sbatch [options] $(basename "$0") CONFIG WORK_DIR" \
        "[arguments of train.py]" >&2
    exit 2
fi
CONFIG=$1
WORK_DIR=$2
shift 2
TRAIN=${TRAIN:-${SLURM_SUBMIT_DIR:-.}/tools/train.py}
if ! [ -f "$TRAIN" ]; then
    echo "there is no $TRAIN: submit from the checkout, or set TRAIN" >&2
    exit 2
fi
# Two jobs may share a node.
export MASTER_PORT=$((20000 + SLURM_JOB_ID % 20000))

# Since Slurm 22.05, srun does not take this over from sbatch.
if [ -n "${SLURM_CPUS_PER_TASK:-}" ]; then
    export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK
fi

STOPPED=
trap 'STOPPED=1; kill -USR1 "$STEP" 2>/dev/null || true' USR1 TERM

srun --kill-on-bad-exit=1 "${PYTHON:-python}" -u "$TRAIN" "$CONFIG" \
    --work-dir="$WORK_DIR" --launcher=slurm --resume=auto "$@" &
STEP=$!
STATUS=0
wait "$STEP" || STATUS=$?
# A signal ends "wait" before the step has ended.
while kill -0 "$STEP" 2>/dev/null; do
    STATUS=0
    wait "$STEP" || STATUS=$?
done
if [ -n "$STOPPED" ] && [ "$STATUS" -eq 0 ]; then
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$STATUS"
