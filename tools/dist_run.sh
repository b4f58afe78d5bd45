#!/usr/bin/env bash
# Run a tool in several processes of this machine, one for each GPU, or on the
# CPU where there is none (then GPUS is the number of processes).
#
# usage: dist_run.sh TOOL GPUS [arguments of the tool]
# environment: NNODES (1), NODE_RANK (0), MASTER_ADDR (127.0.0.1), PORT (a free
# one; 29500 with several nodes), OMP_NUM_THREADS (cores / GPUS), PYTHON
set -euo pipefail

if [ "$#" -lt 2 ] || ! [ "$2" -gt 0 ] 2>/dev/null; then
    echo "usage: $(basename "$0") TOOL GPUS [arguments of the tool]" >&2
    exit 2
fi
TOOL=$1
GPUS=$2
shift 2

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PYTHON=${PYTHON:-python}
NNODES=${NNODES:-1}

if [ -z "${PORT:-}" ] && [ "$NNODES" -gt 1 ]; then
    PORT=29500
elif [ -z "${PORT:-}" ]; then
    PORT=$("$PYTHON" -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
fi
if [ -z "${OMP_NUM_THREADS:-}" ]; then
    CORES=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)
    OMP_NUM_THREADS=$((CORES / GPUS > 0 ? CORES / GPUS : 1))
fi
export OMP_NUM_THREADS
export PYTHONPATH="$(dirname "$HERE")${PYTHONPATH:+:$PYTHONPATH}"

# torchrun passes these on to its processes; without this, SIGUSR1 ends it.
export TORCHELASTIC_SIGNALS_TO_HANDLE=${TORCHELASTIC_SIGNALS_TO_HANDLE:-\
SIGTERM,SIGINT,SIGHUP,SIGQUIT,SIGUSR1}

exec "$PYTHON" -m torch.distributed.run \
    --nnodes="$NNODES" \
    --node_rank="${NODE_RANK:-0}" \
    --master_addr="${MASTER_ADDR:-127.0.0.1}" \
    --master_port="$PORT" \
    --nproc_per_node="$GPUS" \
    "$HERE/$TOOL" "$@" --launcher pytorch
