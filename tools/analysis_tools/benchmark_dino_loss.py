"""Measure the loss of DINO: CPU time and memory, beside a loop over pairs.

Forward and backward pass on random logits of one process. The loop takes a
log-softmax of all views and then a product for each pair of a global view
and another view, as the published code does.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Callable

import torch
from torch import Tensor

from mmssl.engine.profiling.step_memory import allocation_peak
from mmssl.models.losses.dino_loss import dino_loss, dino_targets

Loss = Callable[[Tensor, Tensor], Tensor]
GLOBAL = 2  # views
MIB = 2**20


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--images', type=int, default=48, help='(%(default)s)')
    parser.add_argument('--views', type=int, default=10, help='(%(default)s)')
    parser.add_argument(
        '--prototypes', type=int, default=65536, help='(%(default)s)'
    )
    parser.add_argument('--rounds', type=int, default=5, help='(%(default)s)')
    parser.add_argument('--threads', type=int, default=1, help='(%(default)s)')
    return parser.parse_args()


def pair_by_pair(student: Tensor, targets: Tensor) -> Tensor:
    """Return the loss in a loop over pairs of views.

    Args:
        student: (V * N, Q) logits.
        targets: (G * N, Q) distributions.
    """
    images = len(targets) // GLOBAL
    views = (student / 0.1).log_softmax(1).split(images)
    terms = [
        -(target * view).sum(1).mean()
        for g, target in enumerate(targets.split(images))
        for v, view in enumerate(views)
        if v != g
    ]
    return torch.stack(terms).mean()


def measure(
    loss: Loss, student: Tensor, targets: Tensor, rounds: int
) -> tuple[float, float, float]:
    """Return value, CPU time (s, median) and memory on top (MiB)."""

    def step() -> float:
        student.grad = None
        value = loss(student, targets)
        value.backward()
        return float(value.detach())

    value, times = step(), []
    for _ in range(rounds):
        begin = time.process_time()
        step()
        times.append(time.process_time() - begin)
    student.grad = None
    peak = allocation_peak(step) / MIB
    return value, statistics.median(times), peak


def main() -> None:
    """Measure both and print a table."""
    args = parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    shape = (args.images, args.prototypes)
    student = torch.randn(args.views * shape[0], shape[1]) / 16
    teacher = torch.randn(GLOBAL * shape[0], shape[1]) / 16
    targets = dino_targets(teacher, torch.zeros(1, shape[1]), 0.04)
    student.requires_grad_()
    print(
        f'{args.images} images, {args.views} views, {args.prototypes} '
        f'prototypes; logits: {student.numel() * 4 / MIB:.0f} MiB'
    )
    print(f'{"":<16}{"loss":>10}{"CPU, ms":>10}{"MiB on top":>12}')
    rows = {'pair by pair': pair_by_pair, 'dino_loss': dino_loss}
    found = {
        name: measure(loss, student, targets, args.rounds)
        for name, loss in rows.items()
    }
    for name, (value, seconds, peak) in found.items():
        print(f'{name:<16}{value:>10.5f}{seconds * 1e3:>10.1f}{peak:>12.0f}')
    (_, slow, large), (_, fast, small) = found.values()
    print(f'ratio: time {slow / fast:.1f}, memory {large / small:.1f}')


if __name__ == '__main__':
    main()
