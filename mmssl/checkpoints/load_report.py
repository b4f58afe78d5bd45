"""What of a checkpoint went into a model, and what did not.

``strict=False`` loads whatever fits and says little: a model that took
nothing from a file trains on from noise. Here every load ends in a
:class:`LoadReport`, and one that matches little raises.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import is_main_process
from mmengine.logging import print_log
from torch import nn

from mmssl.checkpoints.file_formats import hint
from mmssl.checkpoints.load_hooks import after_load_hooks
from mmssl.checkpoints.mismatch_cause import likely_cause
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.position_resize import (
    Resized,
    fit_positions,
    grid_of,
)
from mmssl.checkpoints.published import in_our_names
from mmssl.checkpoints.safe_load import load_checkpoint

# Files older than the counter of BatchNorm are complete without it.
_COUNTER = 'num_batches_tracked'


class CheckpointMismatch(CheckpointError):
    """A checkpoint of which too little fits the model."""


@dataclass(frozen=True)
class ShapeMismatch:
    """One tensor with two shapes: its name, in the file, in the model."""

    name: str
    in_file: tuple[int, ...]
    in_model: tuple[int, ...]

    def __str__(self) -> str:
        return f'{self.name} {self.in_file} in file, {self.in_model} in model'


@dataclass(frozen=True)
class LoadReport:
    """Names of a checkpoint's and a model's tensors, compared.

    Args:
        source: Where the tensors come from, for the text.
        target: What they are for, for the text.
        matched: In both, same shape.
        missing: In the model only, and needed.
        unexpected: In the file only.
        mismatched: In both, of different shape.
        optional: In the model only, and not needed: BatchNorm's counters and
            what the caller names, e.g. a classifier.
        resized: Of those in ``matched``, what was interpolated to fit.
    """

    source: str
    target: str
    matched: tuple[str, ...]
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    mismatched: tuple[ShapeMismatch, ...]
    optional: tuple[str, ...] = ()
    resized: tuple[Resized, ...] = ()

    @property
    def share(self) -> float:
        """Matched share of the tensors that the model needs, in [0, 1]."""
        needed = len(self.matched) + len(self.missing) + len(self.mismatched)
        return len(self.matched) / needed if needed else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain data, with the share."""
        return dict(asdict(self), share=self.share)

    def as_json(self) -> str:
        """Return :meth:`as_dict` as JSON text."""
        return json.dumps(self.as_dict(), indent=2)

    def text(self, names: int = 5) -> str:
        """Return the counts, and of what did not match the first names."""
        lines = [
            f'{self.source} -> {self.target}: {len(self.matched)} matched '
            f'({100 * self.share:.1f} %), {len(self.missing)} missing, '
            f'{len(self.unexpected)} unexpected, '
            f'{len(self.mismatched)} of another shape'
        ]
        for what in ('missing', 'unexpected', 'mismatched'):
            found = getattr(self, what)
            if found:
                more = f' ... ({len(found) - names} more)'
                shown = ', '.join(str(name) for name in found[:names])
                lines.append(
                    f'  {what}: {shown}' + more * (len(found) > names)
                )
        lines += [f'  resized: {one}' for one in self.resized]
        return '\n'.join(lines)

    def __str__(self) -> str:
        return self.text()

    def announce(self) -> LoadReport:
        """Log the text in the first process; a warning if not all matched."""
        whole = self.share == 1 and not self.resized
        level = logging.INFO if whole else logging.WARNING
        if is_main_process():
            print_log(self.text(), logger='current', level=level)
        return self

    def check(self, min_matched: float) -> LoadReport:
        """Return the report if enough matched.

        Args:
            min_matched: Smallest allowed :attr:`share`.

        Raises:
            CheckpointMismatch: Less matched; the message has the counts, the
                first names and the likely cause.
        """
        if self.share >= min_matched:
            return self
        raise CheckpointMismatch(
            f'too little of the checkpoint fits (at least '
            f'{100 * min_matched:g} % needed)\n{self.text()}\n  likely cause: '
            + likely_cause(
                [*self.matched, *self.unexpected],
                [*self.matched, *self.missing],
                [mismatch.name for mismatch in self.mismatched],
            )
            + ('' if self.matched else hint(dict.fromkeys(self.unexpected)))
        )


def state_of(checkpoint: Mapping[str, Any], prefix: str = '') -> dict:
    """Return the tensors of a checkpoint, by the model's names.

    Args:
        checkpoint: What a file holds: the tensors, or a dict with them under
            'state_dict' or 'model'.
        prefix: Take only names that start with it, and cut it off.

    Returns:
        Name -> tensor, without the 'module.' of wrapped models.

    Raises:
        CheckpointError: There are no tensors, or none with the prefix.
    """
    if not isinstance(checkpoint, Mapping):
        raise CheckpointError(
            f'the file holds a {type(checkpoint).__name__}, no checkpoint: '
            'a dict of tensors is needed'
        )
    for entry in ('state_dict', 'model'):
        if isinstance(checkpoint.get(entry), Mapping):
            checkpoint = checkpoint[entry]
            break
    tensors = {
        name[len('module.') :] if name.startswith('module.') else name: value
        for name, value in checkpoint.items()
        if isinstance(value, torch.Tensor)
    }
    chosen = {
        name[len(prefix) :]: value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }
    if not chosen:
        roots = sorted({name.split('.')[0] for name in tensors})
        raise CheckpointError(
            'the checkpoint has no tensors'
            + (f' with the prefix {prefix!r}; ' if prefix else '; ')
            + (
                f'its names start with: {", ".join(roots)}'
                if roots
                else f'it has no tensors, but: {sorted(map(str, checkpoint))}'
            )
            + hint(checkpoint)
        )
    return chosen


def compare(
    state: Mapping[str, torch.Tensor],
    model_state: Mapping[str, torch.Tensor],
    *,
    source: str = 'checkpoint',
    target: str = 'model',
    optional: Iterable[str] = (),
    resized: tuple[Resized, ...] = (),
) -> LoadReport:
    """Compare two state dicts by name and shape.

    Args:
        state: Tensors of the file.
        model_state: Tensors of the model.
        source: Name of the file, for the text.
        target: Name of the model, for the text.
        optional: Beginnings of names that the model does not need.
        resized: What :func:`~mmssl.checkpoints.position_resize.\
fit_positions` did.

    Returns:
        The report; names are sorted as in the state dicts.
    """
    optional = tuple(optional)
    absent = [name for name in model_state if name not in state]
    spared = {
        name
        for name in absent
        if name.endswith(_COUNTER) or name.startswith(optional)
    }
    both = [name for name in model_state if name in state]
    differ = {n for n in both if state[n].shape != model_state[n].shape}
    return LoadReport(
        source=source,
        target=target,
        matched=tuple(name for name in both if name not in differ),
        missing=tuple(name for name in absent if name not in spared),
        unexpected=tuple(name for name in state if name not in model_state),
        mismatched=tuple(
            ShapeMismatch(
                n, tuple(state[n].shape), tuple(model_state[n].shape)
            )
            for n in both
            if n in differ
        ),
        optional=tuple(name for name in absent if name in spared),
        resized=resized,
    )


def load_into(
    model: nn.Module,
    checkpoint: str | Path | Mapping[str, Any],
    *,
    prefix: str = '',
    min_matched: float = 0.9,
    optional: Iterable[str] = (),
    source: str = 'checkpoint',
) -> LoadReport:
    """Load what fits of a checkpoint into a model, and log what.

    Nothing is loaded when too little matches.

    Args:
        model: Gets the tensors, on its own device.
        checkpoint: A path (read by :func:`~mmssl.checkpoints.safe_load.\
load_checkpoint`) or what it returned.
        prefix: Take only the checkpoint's names that start with it, without
            it: ``'backbone.'``.
        min_matched: Share of the model's tensors that must match.
        optional: Beginnings of names that the model does not need.
        source: Name of the checkpoint for the report, if it is no path.

    Returns:
        The report.

    Raises:
        CheckpointMismatch: Less than ``min_matched`` matched.
        CheckpointError: The file is refused, damaged or without tensors.
        FileNotFoundError: No such file.
    """
    if not isinstance(checkpoint, Mapping):
        source, checkpoint = str(checkpoint), load_checkpoint(checkpoint)
    state = state_of(in_our_names(checkpoint), prefix)
    state, resized = fit_positions(state, model, grid_of(checkpoint))
    state = after_load_hooks(model, state)
    report = compare(
        state,
        model.state_dict(),
        source=source + (f' [{prefix}*]' if prefix else ''),
        target=type(model).__name__,
        optional=optional,
        resized=resized,
    ).check(min_matched)
    report.announce()
    model.load_state_dict({n: state[n] for n in report.matched}, strict=False)
    return report
