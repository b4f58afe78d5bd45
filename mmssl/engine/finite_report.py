"""What is said and kept of a step that is not finite."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from mmengine.dist import (
    all_gather_object,
    broadcast_object_list,
    get_rank,
    is_main_process,
)

from mmssl.engine.gradients import GradientRow, largest, non_finite_names
from mmssl.engine.skip_policy import SkipPolicy
from mmssl.engine.step_dump import (
    rank_part,
    room_for,
    run_part,
    sample_names,
    write_part,
)
from mmssl.engine.step_guard import Measured
from mmssl.engine.step_window import StepWindow
from mmssl.utils.model_wrapper import unwrapped

_REPLAY = 'mmssl replay'
_SHOWN = 8  # names of samples in a message


class Problem(NamedTuple):
    """A step that was not taken.

    Attributes:
        measured: The same in all processes.
        bad_loss: Whether a loss of this process is not finite.
        rows: Gradients, after accumulation and all-reduce.
    """

    measured: Measured
    bad_loss: bool
    rows: list[GradientRow]


class Dumped(NamedTuple):
    """Where a dump is, how large it is, and why it is not there."""

    folder: Path
    size: int
    reason: str


def dump_problem(
    runner: Any,
    window: StepWindow,
    problem: Problem,
    dump_dir: str | None,
    max_dumps: int,
) -> Dumped:
    """Write a dump; called by all processes together.

    Args:
        runner: Its model is as it was before the step.
        window: Batches of the step.
        problem: What is wrong with it.
        dump_dir: Folder in the work dir, or None.
        max_dumps: Dumps at most in that folder.

    Returns:
        What came of it. Nothing is raised: a full disk must not hide why
        the run stops.
    """
    name = f'iter_{runner.iter + 1}'  # as the log counts
    folder = Path(runner.work_dir) / (dump_dir or '') / name
    reasons = ['dump_dir=None' if dump_dir is None else '']
    if is_main_process() and not reasons[0]:
        reasons = [room_for(folder, max_dumps)]
    broadcast_object_list(reasons)
    if reasons[0]:
        return Dumped(folder, 0, reasons[0])
    done = all_gather_object(_write(runner, window, problem, folder))
    failed = [reason for _, reason in done if reason]
    size = sum(size for size, _ in done)
    return Dumped(folder, size, '; '.join(failed))


def _write(
    runner: Any, window: StepWindow, problem: Problem, folder: Path
) -> tuple[int, str]:
    """Write this process's files; return their size, or what went wrong."""
    rank = get_rank()
    size = 0
    try:
        part = rank_part(window, problem.rows, problem.bad_loss)
        size += write_part(part, folder / f'rank_{rank}.pth')
        if is_main_process():
            whole = dict(run_part(runner), measured=problem.measured._asdict())
            size += write_part(whole, folder / 'state.pth')
    except Exception as error:  # whatever it is, the cause of it all matters
        return size, f'process {rank}: {type(error).__name__}: {error}'
    return size, ''


def problem_text(
    runner: Any,
    window: StepWindow,
    problem: Problem,
    dumped: Dumped,
    policy: SkipPolicy,
    reason: str,
) -> str:
    """Say what happened, in which files, and what to do; by all processes.

    Args:
        runner: The runner.
        window: Batches of the step.
        problem: What is wrong with it.
        dumped: What :func:`dump_problem` returned.
        policy: Its counts.
        reason: Why the run stops; empty: it goes on.

    Returns:
        Several lines, the same in all processes.
    """
    own = dict(
        bad=problem.bad_loss,
        terms=[_floats(terms) for terms in window.terms],
        samples=[sample_names(micro.batch) for micro in window.batches],
    )
    everyone = all_gather_object(own)
    lines = [_headline(runner.iter + 1, problem, everyone)]
    lines += _batch_lines(problem, everyone)
    lines += _gradient_lines(problem.rows)
    lines += _history_lines(runner)
    broken = non_finite_names(unwrapped(runner.model).named_parameters())
    if broken:
        lines.append(
            f'weights that were not finite before the step: {len(broken)}, '
            f'the first {broken[0]}'
        )
    lines += _dump_lines(dumped)
    lines.append(_ending(policy, reason))
    return '\n  '.join(lines)


def leave_out(hub: Any, iterations: int) -> None:
    """Give the last values of the log that are not finite no weight.

    Otherwise one skipped step makes the averages of ten log lines nan.

    Args:
        hub: Message hub of the run.
        iterations: How many values back.
    """
    for name, buffer in hub.log_scalars.items():
        values, counts = (part[-iterations:] for part in buffer.data)
        bad = ~np.isfinite(values)
        if name.startswith('train/') and bad.any():
            values[bad] = counts[bad] = 0


def _floats(terms: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(value.mean()) for name, value in terms.items()}


def _headline(
    iteration: int, problem: Problem, everyone: Sequence[Mapping]
) -> str:
    """Name the losses, or the gradient."""
    found = []
    for rank, process in enumerate(everyone):
        for place, terms in enumerate(process['terms']):
            bad = [k for k, v in terms.items() if not math.isfinite(v)]
            where = [f'process {rank}'] * (len(everyone) > 1)
            if len(process['terms']) > 1:
                where.append(f'batch {place + 1} of the step')
            values = ', '.join(f'{k} = {terms[k]}' for k in bad)
            if bad:
                at = f' ({", ".join(where)})' if where else ''
                found.append(values + at)
    start = f'iteration {iteration}: '
    if problem.measured.bad_loss:
        return f'{start}the loss is not finite: ' + '; '.join(found or ['?'])
    scale = problem.measured.scale
    at = '' if scale is None else f' at loss scale {scale:g}'
    return f'{start}gradients are not finite{at}; every loss is'


def _batch_lines(problem: Problem, everyone: Sequence[Mapping]) -> list[str]:
    """Name the samples of the batches that may be the cause."""
    lines = []
    for rank, process in enumerate(everyone):
        for place, samples in enumerate(process['samples']):
            terms = process['terms'][place]
            finite = all(math.isfinite(value) for value in terms.values())
            if not samples or (problem.measured.bad_loss and finite):
                continue
            names = [_sample(sample) for sample in samples]
            more = len(names) - _SHOWN
            lines.append(
                f'its samples (process {rank}): '
                + '; '.join(names[:_SHOWN])
                + (f'; and {more} more' if more > 0 else '')
            )
    return lines


def _sample(sample: Mapping[str, Any]) -> str:
    """Return the shortest name of a sample."""
    name = sample.get('source') or sample.get('img_path') or ''
    text = str(name or f'sample {sample.get("sample_idx", "?")}')
    return f'{text} (draw {sample["draw"]})' if 'draw' in sample else text


def _gradient_lines(rows: Sequence[GradientRow]) -> list[str]:
    """Name the worst gradients."""
    bad = [row for row in rows if row.non_finite]
    if bad:
        row = bad[0]
        return [
            f'gradients with nan or inf: {len(bad)} of {len(rows)}, the first '
            f'{row.name} ({row.non_finite} of {row.size} values)'
        ]
    worst = ', '.join(f'{r.name} {r.norm:.3g}' for r in largest(rows, 3))
    return [f'largest gradients: {worst}'] if worst else []


def _history_lines(runner: Any) -> list[str]:
    """Show the last losses and norms: did it come suddenly?"""
    lines = []
    for name in ('loss', 'grad_norm'):
        buffer = runner.message_hub.log_scalars.get(f'train/{name}')
        if buffer is not None and len(buffer.data[0]):
            values = ', '.join(f'{v:.4g}' for v in buffer.data[0][-5:])
            lines.append(f'{name} of the steps before: {values}')
    return lines


def _dump_lines(dumped: Dumped) -> list[str]:
    if dumped.reason:
        return [f'no complete dump: {dumped.reason}']
    folder = dumped.folder
    with suppress(ValueError):
        folder = folder.relative_to(Path.cwd())
    return [
        f'dump: {folder} ({dumped.size / 1e6:.1f} MB); take the step again '
        f'with: {_REPLAY} {folder}'
    ]


def _ending(policy: SkipPolicy, reason: str) -> str:
    """Say what comes next."""
    if not reason:
        return (
            f'the step is skipped ({policy.in_a_row} in a row of '
            f'{policy.max_skips}, {policy.skipped} in all of '
            f'{policy.max_total_skips}); weights and buffers are as before it'
        )
    hint = (
        "; to skip such steps: custom_hooks = [dict(type='FiniteGuardHook', "
        "action='skip')]"
    )
    return (
        f'the run stops ({reason}); the step was not taken, and checkpoints '
        f'are from before it{hint if policy.action == "stop" else ""}'
    )
