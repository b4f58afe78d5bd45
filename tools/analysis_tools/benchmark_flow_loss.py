"""Measure the bin loss: the plain formula against the one in pieces.

# crops of 384 at stride 8, as published for ResNet-50, a batch of 4
OMP_NUM_THREADS=1 python tools/analysis_tools/benchmark_flow_loss.py
# AlexNet's batch of 12 at stride 32, on a GPU
python tools/analysis_tools/benchmark_flow_loss.py \
    --batch 12 --stride 32 --device cuda

Each way runs in a process of its own, so that peaks of memory are its own.
On the CPU, time is CPU time and memory is resident memory above that before
the first call; on a GPU, wall time and the allocator's peak above the
inputs.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import time
from typing import NamedTuple

import torch

from mmssl.engine.profiling.memory import peak_mib
from mmssl.models.losses.flow_bin_loss import FlowBinLoss


class Measured(NamedTuple):
    """One way's figures."""

    seconds: float
    mib: float
    loss: float
    gradient: torch.Tensor


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--batch', type=int, default=4)
    parser.add_argument('--crop', type=int, default=384)
    parser.add_argument('--stride', type=int, default=8)
    parser.add_argument('--nbins', type=int, default=99)
    parser.add_argument('--repeat', type=int, default=5)
    parser.add_argument('--device', default='cpu')
    return parser.parse_args()


def inputs(args: argparse.Namespace) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw logits (N, 2K, h, w) and bins (N, 2, H, W), seeded."""
    generator = torch.Generator().manual_seed(0)
    cells = -(-args.crop // args.stride)
    logits = torch.randn(
        args.batch, 2 * args.nbins, cells, cells, generator=generator
    )
    size = (args.batch, 2, args.crop, args.crop)
    bins = torch.randint(0, args.nbins, size, generator=generator)
    return logits.to(args.device).requires_grad_(), bins.to(args.device)


def measure(args: argparse.Namespace, chunked: bool) -> Measured:
    """Run loss and gradient; median time, peak memory."""
    on_gpu = args.device.startswith('cuda')
    clock = time.perf_counter if on_gpu else time.process_time
    loss = FlowBinLoss(chunked=chunked)
    logits, bins = inputs(args)
    # The libraries' own buffers do not count.
    loss(logits[:1, :, :2, :2], bins[:1, :, :4, :4]).backward()
    logits.grad = None
    device = torch.device(args.device)
    before, times = peak_mib(device), []
    for _ in range(args.repeat):
        logits.grad = None
        start = clock()
        value = loss(logits, bins)
        value.backward()
        if on_gpu:
            torch.cuda.synchronize()
        times.append(clock() - start)
    extra = peak_mib(device) - before
    gradient = logits.grad
    if gradient is None:
        raise RuntimeError('the loss left no gradient')
    return Measured(
        statistics.median(times), extra, value.item(), gradient.cpu()
    )


def main() -> None:
    """Measure both ways and compare."""
    args = parse_args()
    context = multiprocessing.get_context('spawn')
    found = []
    for chunked in (False, True):
        with context.Pool(1) as pool:
            found.append(pool.apply(measure, (args, chunked)))
    plain, pieces = found
    print(
        f'{args.batch} x {2 * args.nbins} logits at stride {args.stride} of '
        f'{args.crop}x{args.crop}, {args.device}, '
        f'{torch.get_num_threads()} threads'
    )
    for name, m in (('plain', plain), ('in pieces', pieces)):
        print(f'{name:10} {m.seconds * 1e3:9.1f} ms {m.mib:9.1f} MiB')
    faster = plain.seconds / pieces.seconds
    smaller = plain.mib / max(pieces.mib, 1)
    print(f'ratio      {faster:9.1f} x  {smaller:9.1f} x')
    error = (pieces.gradient - plain.gradient).abs().max()
    error /= plain.gradient.abs().max()
    print(
        f'relative difference: loss {abs(pieces.loss / plain.loss - 1):.1e}, '
        f'gradient {error:.1e}'
    )


if __name__ == '__main__':
    main()
