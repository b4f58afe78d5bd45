"""Take a dumped step of training again."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn

from mmssl.engine.batch_statistics import tensor_rows
from mmssl.engine.buffer_snapshot import set_buffers
from mmssl.engine.gradients import (
    GradientRow,
    gradient_rows,
    non_finite_names,
    set_gradients,
)
from mmssl.engine.plain_data import NotRebuilt, decode
from mmssl.engine.replay_model import ReplayError, build, wrappers_of
from mmssl.engine.replay_probe import Probe
from mmssl.engine.replay_result import (
    ReplayResult,
    is_reproduced,
    same_gradients,
    term_rows,
)
from mmssl.engine.step_dump import (
    apply_settings,
    numeric_settings,
    ranks_of,
    read_dump,
    versions,
)
from mmssl.engine.step_guard import StepGuard
from mmssl.utils.random_state import random_state, set_random_state


class _Taken(NamedTuple):
    """One replay."""

    terms: list[dict[str, float]]
    rows: list[GradientRow]
    probe: Probe
    weights: list[str]
    notes: list[str]


def replay_step(
    folder: str | Path,
    rank: int | None = None,
    *,
    device: str | None = None,
    detect_anomaly: bool = False,
    trust: bool = False,
) -> ReplayResult:
    """Take a dumped step again, up to the point where it went wrong.

    Forward and backward passes of every batch of the step are run as the
    model's own ``train_step`` does it, from the same weights, buffers and
    random states; the optimizer does not step. Settings of torch and its
    random states are put back afterwards.

    Args:
        folder: A dump, such as ``work_dirs/a/nan_dumps/iter_12``.
        rank: Process to replay; None takes the first whose loss was not
            finite, else the first that reproduces it.
        device: 'cpu', 'cuda', ...; None: that of the run, if it is there.
        detect_anomaly: Go through the step once more under torch's anomaly
            detection, which names the line of code behind a nan gradient.
        trust: Import modules and build classes that the dump's config names,
            whatever they are.

    Returns:
        What was found.

    Raises:
        FileNotFoundError: It is no dump, or has no such rank.
        CheckpointError: A file is refused or damaged.
        ReplayError: It cannot be replayed here.
    """
    before = numeric_settings(), random_state()
    try:
        result = None
        for one in ranks_of(folder) if rank is None else [rank]:
            state, part = read_dump(folder, one)
            others = state['measured']['bad_loss'] and not part['bad_loss']
            if rank is None and others:
                continue
            result = _replay(state, part, one, device, detect_anomaly, trust)
            if result.reproduced:
                return result
    finally:
        apply_settings(before[0])
        set_random_state(before[1])
    if result is None:
        raise ReplayError(
            f'{folder} lacks the file of the process whose loss was not '
            'finite; --rank chooses another'
        )
    return result


def _replay(
    state: Mapping[str, Any],
    part: Mapping[str, Any],
    rank: int,
    device: str | None,
    detect_anomaly: bool,
    trust: bool,
) -> ReplayResult:
    """Replay one process's part."""
    where, notes = _device(state['device'], device)
    try:
        batches = [decode(micro['batch']) for micro in part['batches']]
    except NotRebuilt as error:
        raise ReplayError(str(error)) from error
    taken = _take(state, part, where, trust)
    terms = term_rows(part['batches'], taken.terms)
    recorded = [GradientRow(*row) for row in part['gradients']]
    alone = state['world_size'] == 1
    same = alone and same_gradients(recorded, taken.rows)
    anomaly = ''
    if detect_anomaly:
        anomaly = _anomaly(state, part, where, trust)
    rows = [
        row
        for micro, batch in zip(part['batches'], batches)
        for row in tensor_rows(batch, micro['samples'])
    ]
    return ReplayResult(
        rank=rank,
        reproduced=is_reproduced(state, part, terms, taken.rows),
        identical=all(row.same for row in terms) and (same or not alone),
        terms=terms,
        gradients=[row for row in taken.rows if row.non_finite],
        output=taken.probe.output,
        gradient=taken.probe.gradient,
        weights=taken.weights,
        inputs=sorted(rows, key=lambda row: -row.non_finite),
        batches=batches,
        notes=notes + taken.notes + _version_notes(state['versions']),
        anomaly=anomaly,
    )


def _take(
    state: Mapping[str, Any],
    part: Mapping[str, Any],
    device: torch.device,
    trust: bool,
) -> _Taken:
    """Run the batches of a step through a model built anew."""
    apply_settings(state['settings'])
    model, wrapper, notes = build(state, device, trust)
    weights = non_finite_names(model.named_parameters())
    _restore(model, part)
    rows: list[GradientRow] = []

    def decide(guard: StepGuard) -> bool:
        rows.extend(gradient_rows(model))
        return False

    guards = [StepGuard(w, decide) for w in wrappers_of(wrapper).values()]
    for guard in guards:
        guard.install()
        guard.wrapper._inner_count -= len(part['batches'])
    probe = Probe(model)
    terms = []
    train_step: Any = model.train_step
    for micro in part['batches']:
        set_random_state(micro['random'])
        outputs = train_step(decode(micro['batch']), wrapper)
        terms.append(
            {
                name: float(value.detach().mean())
                for name, value in outputs.items()
                if torch.is_tensor(value)
            }
        )
    probe.remove()
    return _Taken(terms, rows, probe, weights, notes)


def _anomaly(
    state: Mapping[str, Any],
    part: Mapping[str, Any],
    device: torch.device,
    trust: bool,
) -> str:
    """Return what torch's anomaly detection finds."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        try:
            with torch.autograd.detect_anomaly(check_nan=True):
                _take(state, part, device, trust)
        except RuntimeError as error:
            traces = [str(w.message) for w in caught]
            found = [t for t in traces if 'Traceback of forward' in t]
            return '\n'.join([str(error), *found])
    return 'nothing: no function of the backward pass makes a nan by itself'


def _restore(model: nn.Module, part: Mapping[str, Any]) -> None:
    """Bring this process's buffers and waiting gradients back."""
    set_buffers(model, part['buffers'])
    set_gradients(model, part['waiting_gradients'])


def _device(recorded: str, asked: str | None) -> tuple[torch.device, list]:
    """Choose the device; note if it is another one than that of the run."""
    there = not recorded.startswith('cuda') or torch.cuda.is_available()
    name = asked or (recorded.split(':')[0] if there else 'cpu')
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ReplayError(f'no device {name!r} here: {error}') from error
    same = device.type == torch.device(recorded).type
    return device, [] if same else [f'the run was on {recorded}, not {name}']


def _version_notes(recorded: Mapping[str, str]) -> list[str]:
    now = versions()
    return [
        f'{name} was {value or "none"}, here it is {now[name] or "none"}'
        for name, value in recorded.items()
        if name in now and now[name] != value
    ]
