"""The backbone of a checkpoint of any method, built and loaded."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from mmengine.config import Config
from mmengine.registry import DefaultScope
from torch import nn

from mmssl.checkpoints.config_in_meta import config_in_meta
from mmssl.checkpoints.conversion import Conversion
from mmssl.checkpoints.load_report import LoadReport, load_into
from mmssl.checkpoints.parts import PARTS
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.published import convert_published, in_our_names
from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.engine.run_config import LaunchError
from mmssl.probes.checkpoint_backbone import CheckpointBackbone, backbone_in
from mmssl.probes.normalization import Normalization, normalization_of
from mmssl.registry import MODELS

# Methods whose authors publish and evaluate the teacher.
TEACHER_METHODS = ('DINO', 'SOLIDER')
# Mean and deviation of ImageNet's pixels, RGB in 0 .. 255.
IMAGENET = dict(mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375))
_PARTS = ('auto', *sorted(PARTS))


class LoadedBackbone(NamedTuple):
    """A backbone in evaluation mode.

    Attributes:
        module: The backbone.
        pixels: How its images are normalised.
        part: 'student' (or the only one) or 'teacher'.
        name: Its class or architecture, for people.
        report: What was loaded; None for random weights.
        loaders: Data loaders of the config that the file carries, as a
            config has them.
    """

    module: nn.Module
    pixels: Normalization
    part: str
    name: str
    report: LoadReport | None
    loaders: Mapping[str, Any]


def load_backbone(
    config: Config | None,
    checkpoint: str | Path | None,
    part: str = 'auto',
    pixels: Mapping[str, Any] | None = None,
) -> LoadedBackbone:
    """Build a backbone and load all of its weights.

    Args:
        config: Of the training; None: the checkpoint itself tells, by the
            config in it or the names and shapes of its tensors.
        checkpoint: A checkpoint of mmssl, an exported backbone, or a
            published file; None: random weights.
        part: ``'student'`` (or the only one), ``'teacher'``, or ``'auto'``:
            the teacher of DINO and SOLIDER where the file has one, else the
            student.
        pixels: ``dict(mean=, std=)`` of R, G, B in 0 .. 255, in place of
            the model's; ImageNet's where nothing is known.

    Returns:
        The backbone on the CPU.

    Raises:
        CheckpointMismatch: The file has not all of the backbone's tensors.
        CheckpointError: The file is refused, damaged or not recognised.
        FileNotFoundError: No such file.
        LaunchError: The config names no backbone.
        ValueError: Unknown part, or neither config nor checkpoint.
    """
    if part not in _PARTS:
        raise ValueError(f'part must be one of {list(_PARTS)}, got {part!r}')
    model = _model_of(config)
    if checkpoint is None:
        return _random(model, part, pixels)
    read, path = load_checkpoint(checkpoint), str(checkpoint)
    loaded = in_our_names(read)
    # What has been converted so is a file of DINO or SOLIDER.
    method = None if loaded is read else TEACHER_METHODS[0]
    try:
        return _load(loaded, path, part, model, pixels, method)
    except CheckpointError:
        converted = _converted(loaded)
        if converted is None:
            raise
    state = dict(state_dict=converted.state_dict)
    return _load(state, path, part, model, pixels, converted.method)


def _load(
    loaded: Mapping[str, Any],
    path: str,
    part: str,
    given: Mapping[str, Any] | None,
    pixels: Mapping[str, Any] | None,
    method: str | None,
) -> LoadedBackbone:
    """Build what is in a file of our names, and load it."""
    carried = config_in_meta(loaded)
    model = given
    if given is None and isinstance(carried, Mapping):
        model = carried
    kind = method or str((model or {}).get('type', '')).split('.')[-1]
    backbone = None if given is None else given['backbone']
    found = _find(loaded, path, part, backbone, kind)
    module = _built(found.config)
    report = load_into(
        module, loaded, prefix=found.prefix, min_matched=1.0, source=path
    )
    return LoadedBackbone(
        module,
        _pixels(model, pixels),
        found.part,
        found.name,
        report,
        _loaders(loaded),
    )


def _loaders(loaded: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data loaders of the config in a file, those it has."""
    names = [f'{split}_dataloader' for split in ('train', 'val', 'test')]
    found = {name: config_in_meta(loaded, name) for name in names}
    return {k: v for k, v in found.items() if isinstance(v, Mapping)}


def _converted(loaded: Mapping[str, Any]) -> Conversion | None:
    """Convert what a published file holds; None if it is none."""
    try:
        return convert_published(loaded)
    except ValueError:
        return None


def _model_of(config: Config | None) -> Mapping[str, Any] | None:
    """Return the model of a config."""
    if config is None:
        return None
    model = config.get('model')
    if not isinstance(model, Mapping) or 'type' not in (
        model.get('backbone') or {}
    ):
        raise LaunchError(
            'the config has no model with a backbone: give the config that '
            'the checkpoint was trained with, or none'
        )
    return model


def _find(
    loaded: Mapping[str, Any],
    path: str,
    part: str,
    backbone: Mapping[str, Any] | None,
    method: str,
) -> CheckpointBackbone:
    """Return what to build and under which names its weights are."""
    if part != 'auto':
        return backbone_in(loaded, path, part, backbone)
    if method in TEACHER_METHODS:
        with suppress(CheckpointError):  # one backbone alone
            return backbone_in(loaded, path, 'teacher', backbone)
    return backbone_in(loaded, path, 'student', backbone)


def _random(
    model: Mapping[str, Any] | None,
    part: str,
    pixels: Mapping[str, Any] | None,
) -> LoadedBackbone:
    """Return a backbone with the weights that it is made with."""
    if model is None:
        raise ValueError('give a config, a checkpoint, or both; got neither')
    module = _built(model['backbone'])
    name = str(model['backbone']['type'])
    part = 'student' if part == 'auto' else part
    return LoadedBackbone(module, _pixels(model, pixels), part, name, None, {})


def _built(config: Mapping[str, Any]) -> nn.Module:
    with DefaultScope.overwrite_default_scope('mmssl'):
        module: nn.Module = MODELS.build(copy.deepcopy(dict(config)))
    module.eval()  # of mmpretrain's backbones it returns None
    return module


def _pixels(
    model: Mapping[str, Any] | None, given: Mapping[str, Any] | None
) -> Normalization:
    """Return the normalisation: as given, of the model, or ImageNet's."""
    if given is None:
        own = (model or {}).get('data_preprocessor') or {}
        has = own.get('mean') is not None and own.get('std') is not None
        given = dict(mean=own['mean'], std=own['std']) if has else IMAGENET
    return normalization_of(nn.Identity(), given)
