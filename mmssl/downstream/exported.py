"""An exported backbone as its file describes itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from mmssl.checkpoints.architectures import identify
from mmssl.checkpoints.backbone_configs import mm_config
from mmssl.checkpoints.file_formats import hint
from mmssl.checkpoints.load_report import state_of
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.downstream.errors import HandOffError
from mmssl.downstream.job_spec import BackboneSpec

_PREFIX = 'backbone.'
_HEADS = ('head.', 'neck.', 'decode_head.', 'roi_head.', 'bbox_head.', 'fc.')


@dataclass(frozen=True)
class Exported:
    """A backbone to put in: what it is, and where its weights are.

    Attributes:
        config: Of mmpretrain's or mmssl's class; None: unknown.
        name: For people.
        file: None: random weights.
        prefix: Beginning of the names in the file.
        state: Tensors without that beginning; empty without a file.
        strides: Of a plain Swin, where they are not the usual ones.
        pixels: ``dict(mean=, std=)`` of R, G, B that it was trained with;
            None: not known.
    """

    config: dict[str, Any] | None
    name: str
    file: str | None = None
    prefix: str = ''
    state: Mapping[str, Tensor] | None = None
    strides: tuple[int, ...] | None = None
    pixels: dict[str, Any] | None = None

    @property
    def kind(self) -> str:
        """Name of the class without its scope, '' if it is not known."""
        return str((self.config or {}).get('type', '')).split('.')[-1]

    def init_cfg(self) -> dict[str, Any] | None:
        """Return what makes any host load the weights."""
        if self.file is None:
            return None
        init = dict(type='Pretrained', checkpoint=self.file)
        return dict(init, prefix=self.prefix) if self.prefix else init


def read_exported(spec: BackboneSpec) -> Exported:
    """Read a backbone's file, or make do with its config.

    Args:
        spec: Of a job.

    Returns:
        What is known of it.

    Raises:
        HandOffError: The file cannot be read, or holds no backbone.
    """
    if spec.file is None:
        strides = (spec.config or {}).get('strides')
        return Exported(
            config=_without_strides(spec.config),
            name=f'{spec.name}, random weights',
            strides=None if strides is None else tuple(strides),
        )
    try:
        loaded = load_checkpoint(spec.file)
        prefix, state = _tensors(loaded, spec.file)
    except (CheckpointError, OSError) as error:
        raise HandOffError('checkpoint', str(error)) from error
    meta = _meta_of(loaded, spec.file)
    found = identify(state)
    config = spec.config or meta.get('backbone') or mm_config(found)
    strides = (spec.config or {}).get('strides', meta.get('strides'))
    known = found.family != 'other' or config is None
    return Exported(
        config=_without_strides(config),
        name=found.name if known else str(config and config['type']),
        file=str(Path(spec.file).resolve()),
        prefix=prefix,
        state=state,
        strides=None if strides is None else tuple(strides),
        pixels=_pixels(meta.get('input')),
    )


def random_like(
    exported_file: str | Path, name: str = 'random'
) -> BackboneSpec:
    """Return the same network as in a file, with random weights.

    Args:
        exported_file: Of ``mmssl export``.
        name: For tables.

    Raises:
        HandOffError: The file does not say what network it is of.
    """
    found = read_exported(BackboneSpec(name, str(exported_file)))
    if found.config is None:
        raise HandOffError(
            'checkpoint',
            f'{exported_file} does not say what network it is of '
            f'({found.name}): export it with its config (mmssl export CONFIG '
            'CHECKPOINT OUT)',
        )
    strides = {} if found.strides is None else dict(strides=[*found.strides])
    return BackboneSpec(name, None, dict(found.config, **strides))


def _tensors(loaded: Any, file: str) -> tuple[str, dict[str, Tensor]]:
    """Return the backbone's tensors, and the beginning of their names."""
    state = state_of(loaded)
    inside = {n for n in state if n.startswith(_PREFIX)}
    if inside:
        return _PREFIX, {n[len(_PREFIX) :]: state[n] for n in inside}
    if all(name.startswith(_HEADS) for name in state):
        roots = sorted({name.split('.')[0] for name in state})
        raise CheckpointError(
            f'{file} holds no backbone, but {", ".join(roots)} alone: give '
            'the file of the whole training, or what mmssl export made of it'
            + hint(loaded)
        )
    return '', state


def _meta_of(loaded: Mapping[str, Any], file: str) -> dict[str, Any]:
    """Return the export's meta; safetensors keeps it in the file beside."""
    beside = Path(f'{file}.json')
    if str(file).endswith('.safetensors') and beside.is_file():
        found = json.loads(beside.read_text('utf-8')).get('meta')
    else:
        found = loaded.get('meta')
    return dict(found) if isinstance(found, Mapping) else {}


def _without_strides(config: Mapping[str, Any] | None) -> dict | None:
    """Return a plain Swin's config without strides, which are kept apart."""
    if config is None:
        return None
    plain = str(config.get('type')).split('.')[-1] == 'SwinTransformer'
    return {k: v for k, v in config.items() if k != 'strides' or not plain}


def _pixels(given: Any) -> dict[str, Any] | None:
    """Return mean and std."""
    if not isinstance(given, Mapping) or 'mean' not in given:
        return None
    return dict(mean=list(given['mean']), std=list(given['std']))
