"""Weights that a training starts from: what is taken, what begins anew.

Resuming goes on with a run; starting takes networks alone. A method that
learns from its own average takes both of them, so that DINO's student and
teacher become SOLIDER's; running numbers of a loss (a centre) begin anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from torch import Tensor, nn

from mmssl.checkpoints.load_hooks import after_load_hooks
from mmssl.checkpoints.load_report import LoadReport, compare, state_of
from mmssl.checkpoints.position_resize import fit_positions, grid_of
from mmssl.checkpoints.published import in_our_names

_TEACHER = 'teacher.'
_REST = (
    'optimiser, schedules and epochs start anew (--resume would go on with '
    'them)'
)


class Start(NamedTuple):
    """What a checkpoint gives a model to start from.

    Attributes:
        state: Tensors for ``load_state_dict``, which runs the model's own
            loading hooks.
        report: What fits.
        lines: Of the model's parts, where each comes from.
    """

    state: dict[str, Tensor]
    report: LoadReport
    lines: tuple[str, ...]

    def text(self) -> str:
        """Return the report and the lines."""
        return '\n  '.join([self.report.text(), *self.lines])


def start_from(
    model: nn.Module, checkpoint: Mapping[str, Any], source: str
) -> Start:
    """Fit a checkpoint's tensors to a model.

    Published files of SOLIDER and DINO are converted; position tables of
    other windows are interpolated; what the model's ``starts_anew`` names
    keeps its initial values.

    Args:
        model: Just built; it is not changed.
        checkpoint: What the file holds; it is not changed.
        source: Name of the file.

    Returns:
        See :class:`Start`.

    Raises:
        CheckpointError: There are no tensors.
        ValueError: A published file with keys of unknown meaning.
    """
    checkpoint = in_our_names(checkpoint)
    found = state_of(checkpoint)
    with_teacher = any(name.startswith(_TEACHER) for name in found)
    state, resized = fit_positions(found, model, grid_of(checkpoint))
    mine = model.state_dict()
    anew = tuple(getattr(model, 'starts_anew', ()))
    fresh = [name for name in mine if anew and name.startswith(anew)]
    taken = {k: v for k, v in state.items() if k not in fresh}
    report = compare(
        after_load_hooks(model, taken),
        mine,
        source=source,
        target=type(model).__name__,
        optional=fresh,
        resized=resized,
    )
    state = {**taken, **{name: mine[name].clone() for name in fresh}}
    lines = _lines(model, report, fresh, with_teacher)
    return Start(state, report, lines)


def _lines(
    model: nn.Module,
    report: LoadReport,
    fresh: list[str],
    with_teacher: bool,
) -> tuple[str, ...]:
    """Return one line for student, teacher and what is new."""
    teacher = getattr(model, 'teacher', None)
    if not isinstance(teacher, nn.Module):
        return ()
    parts = tuple(f'{name}.' for name, _ in teacher.named_children())
    own = tuple(_TEACHER + part for part in parts)
    origin = "the file's teacher"
    if not with_teacher:
        origin = "the file's student, as it has no teacher"
    lines = [
        f'student: {_share(report, parts)}',
        f'teacher: {_share(report, own)}, from {origin}',
    ]
    if fresh:
        lines.append(f'begins anew: {", ".join(fresh)}')
    new = _new_parts(report)
    if new:
        lines.append(f'new, not in the file: {", ".join(new)}')
    return (*lines, _REST)


def _share(report: LoadReport, beginnings: tuple[str, ...]) -> str:
    """Return ``'n of m tensors'`` of those with these beginnings."""
    loaded = sum(name.startswith(beginnings) for name in report.matched)
    absent = [
        *report.missing,
        *(one.name for one in report.mismatched),
    ]
    total = loaded + sum(name.startswith(beginnings) for name in absent)
    return f'{loaded} of {total} tensors'


def _new_parts(report: LoadReport) -> list[str]:
    """Return the parts, two names deep, of which the file has nothing."""
    taken = {_part(name) for name in report.matched}
    absent = {_part(name): None for name in report.missing}
    return [part for part in absent if part not in taken]


def _part(name: str) -> str:
    """Return the beginning that names a part.

    Example:
        >>> _part('teacher.backbone.semantic_embed_w.0.bias')
        'teacher.backbone.semantic_embed_w'
        >>> _part('semantic_head.mlp.0.bias')
        'semantic_head'
    """
    depth = 1
    words = name.split('.')
    depth += words[0] == 'teacher'
    depth += 'backbone' in words[:2]
    return '.'.join(words[:depth])
