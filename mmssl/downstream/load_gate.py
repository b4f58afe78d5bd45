"""What of a file is in the backbone that is about to be trained.

Nearly random backbones, reported as results, come from names that did not
match and were passed over. Here names and shapes are compared before
anything is built on them, and, after the host has loaded the file its own
way, every value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from mmengine.registry import DefaultScope
from torch import Tensor, nn

from mmssl.checkpoints.architectures import SEMANTIC
from mmssl.checkpoints.export_targets import HEADS
from mmssl.checkpoints.load_report import (
    CheckpointMismatch,
    LoadReport,
    compare,
)
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.position_resize import fit_positions
from mmssl.downstream.errors import HandOffError
from mmssl.downstream.exported import Exported
from mmssl.registry import MODELS
from mmssl.utils.random_state import kept_cpu_generators

# A whole stage that the task does not use, or the norm of its output.
_STAGE = re.compile(r'(layer\d+|stages\.\d+|norm\d+)\.')
_NORM = re.compile(r'norm\d+\.')


def check_names(exported: Exported, backbone: nn.Module) -> LoadReport:
    """Compare names and shapes, before anything is loaded.

    Norms of outputs that were not pretrained may be missing; of the file, a
    classifier and whole later stages may be left over.

    Args:
        exported: With its tensors.
        backbone: Of the task, built by its host.

    Returns:
        The report.

    Raises:
        HandOffError: Something is missing, of another shape, or left over
            that would change the features; the message has the report and
            the likely cause.
    """
    state, resized = _fitted(exported, backbone)
    report = compare(
        state,
        backbone.state_dict(),
        source=str(exported.file or exported.name),
        target=f'{type(backbone).__module__}.{type(backbone).__name__}',
        optional=_optional(state, backbone),
        resized=resized,
    )
    try:
        report.check(1.0)
    except CheckpointMismatch as error:
        kind = 'architecture' if report.matched else 'keys'
        raise HandOffError(
            kind,
            f"{exported.name} does not fill the task's backbone "
            f'{type(backbone).__name__}: {error}',
        ) from None
    _refuse_left_over(report, backbone, exported)
    return report


def check_network(exported: Exported, backbone: nn.Module) -> None:
    """Refuse random weights of another network than was asked for.

    A config without slots keeps its own backbone; random weights beside a
    ResNet-18 have to be those of a ResNet-18.

    Args:
        exported: Without a file; its config, if there is one, is compared.
        backbone: Of the task, built by its host.

    Raises:
        HandOffError: Names or shapes differ.
    """
    if exported.config is None:
        return
    with DefaultScope.overwrite_default_scope('mmssl'), kept_cpu_generators():
        network = MODELS.build(dict(exported.config, init_cfg=None))
    check_names(replace(exported, state=network.state_dict()), backbone)


def check_values(
    exported: Exported, backbone: nn.Module, names: LoadReport
) -> LoadReport:
    """Compare the tensors in a backbone with those of its file.

    Args:
        exported: With its tensors.
        backbone: After its host has initialised it.
        names: What :func:`check_names` said.

    Returns:
        The same report, once every value is known to be there.

    Raises:
        HandOffError: A tensor has other values.
    """
    state, _ = _fitted(exported, backbone)
    now = backbone.state_dict()
    other = [n for n in names.matched if not _equal(now[n], state[n])]
    if other:
        raise HandOffError(
            'keys',
            f'{len(other)} of {len(names.matched)} tensors of {exported.file} '
            f'did not arrive in {type(backbone).__name__}, though their names '
            f'and shapes fit: {", ".join(other[:5])}; something else '
            'initialises the backbone after its file was loaded',
        )
    return names


def random_report(backbone: nn.Module) -> dict:
    """Return the load report of a backbone without a file."""
    return dict(
        matched=0,
        total=len(backbone.state_dict()),
        missing=[],
        unexpected=[],
        optional=[],
        text=f'random weights -> {type(backbone).__name__}: nothing loaded',
    )


def as_load(report: LoadReport) -> dict:
    """Return a report as a job's result has it."""
    return dict(
        matched=len(report.matched),
        total=len(report.matched) + len(report.missing),
        missing=list(report.missing),
        unexpected=list(report.unexpected),
        optional=list(report.optional),
        text=report.text(),
    )


def _fitted(exported: Exported, backbone: nn.Module) -> tuple[dict, tuple]:
    """Return the file's tensors for a backbone, position tables resized."""
    try:
        return fit_positions(exported.state or {}, backbone)
    except (AttributeError, CheckpointError) as error:
        raise HandOffError('architecture', str(error)) from error


def _optional(
    state: Mapping[str, Tensor], backbone: nn.Module
) -> Sequence[str]:
    """Return norms of outputs that the file's training did not have."""
    return sorted(
        {
            found[0]
            for found in map(_NORM.match, backbone.state_dict())
            if found and not any(n.startswith(found[0]) for n in state)
        }
    )


def _refuse_left_over(
    report: LoadReport, backbone: nn.Module, exported: Exported
) -> None:
    """Refuse tensors without a place, unless a whole stage is not used."""
    modules = {name for name, _ in backbone.named_modules()}
    bad = []
    for name in report.unexpected:
        stage = _STAGE.match(name)
        spared = stage is not None and stage[1] not in modules
        if not spared and not name.startswith(HEADS):
            bad.append(name)
    if not bad:
        return
    why = 'the features would be others than those of the pretraining'
    if any(name.startswith(SEMANTIC) for name in bad):
        why = (
            'it follows lambda: fold one in (mmssl export --semantic-weight '
            'LAMBDA), which makes it a plain one'
        )
    raise HandOffError(
        'architecture',
        f"the task's backbone {type(backbone).__name__} is another one than "
        f'{exported.name}, and has no place for {len(bad)} of its '
        f'tensors ({", ".join(bad[:5])}): {why}',
    )


def _equal(mine: Tensor, theirs: Tensor) -> bool:
    """Compare values; tables were interpolated by two programs."""
    theirs = theirs.to(mine.device, mine.dtype)
    if torch.equal(mine, theirs):
        return True
    return mine.is_floating_point() and torch.allclose(
        mine, theirs, rtol=1e-5, atol=1e-6
    )
