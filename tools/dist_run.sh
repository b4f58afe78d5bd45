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

# A free port, and whether this torchrun can be told to pass on SIGUSR1 (which
# would otherwise end it, and not reach the run).
read -r FREE SIGNALS < <("$PYTHON" -c 'import importlib.util, pathlib, socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
torch = pathlib.Path(importlib.util.find_spec("torch").origin).parent
text = (torch / "distributed" / "run.py").read_text("utf-8")
print(s.getsockname()[1], int("signals-to-handle" in text))')
PASS_ON=()
if [ "$SIGNALS" = 1 ]; then
    PASS_ON=(--signals-to-handle=SIGTERM,SIGINT,SIGHUP,SIGQUIT,SIGUSR1)
fi
if [ -z "${PORT:-}" ] && [ "$NNODES" -gt 1 ]; then
    PORT=29500
elif [ -z "${PORT:-}" ]; then
    PORT=$FREE
fi
if [ -z "${OMP_NUM_THREADS:-}" ]; then
    CORES=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)
    OMP_NUM_THREADS=$((CORES / GPUS > 0 ? CORES / GPUS : 1))
fi
export OMP_NUM_THREADS
export PYTHONPATH="$(dirname "$HERE")${PYTHONPATH:+:$PYTHONPATH}"

exec "$PYTHON" -m torch.distributed.run \
    --nnodes="$NNODES" \
    --node_rank="${NODE_RANK:-0}" \
    --master_addr="${MASTER_ADDR:-127.0.0.1}" \
    --master_port="$PORT" \
    --nproc_per_node="$GPUS" \
    ${PASS_ON[@]+"${PASS_ON[@]}"} \
    "$HERE/$TOOL" "$@" --launcher pytorch
