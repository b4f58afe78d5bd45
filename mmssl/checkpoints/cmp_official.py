"""Checkpoints of the published CMP -> mmssl: a pure renaming of keys.

Two kinds of files were published:

* full: ``{'step', 'state_dict' (keys 'module.image_encoder...'),
  'optimizer'}``;
* extracted encoders: the bare state dict of the image encoder, no prefix.

The closing 1x1 convolution of the image encoder (``conv5`` of the ResNet,
``conv8`` of the AlexNet) is the neck here, so that ``backbone.`` holds what
downstream tasks want: "we remove the additional convolution layer".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mmssl.checkpoints.conversion import (
    Conversion,
    refuse_unknown,
    without_wrapper,
)

ARCHS = ('alexnet', 'resnet50')
# A key of the encoder that only this architecture has.
_MARKS = {'alexnet': 'fc6.0.weight', 'resnet50': 'layer1.0.conv1.weight'}
_PROJECTIONS = {'alexnet': 'conv8', 'resnet50': 'conv5'}
_BACKBONES = {
    'alexnet': r'(conv[1-5]|fc[67])\.[01]\.\w+',
    'resnet50': r'(conv1|bn1|layer[1-4]\.\d+\.'
    r'(conv[123]|bn[123]|downsample\.[01]))\.\w+',
}
# Place in the published Sequential -> ours.
_MOTION = {'0': 'conv1.0', '1': 'conv1.1', '4': 'conv2.0', '5': 'conv2.1'}
# Parts of the skip decoder; ours are numbered, coarsest first.
_LEVELS = {
    'fusion8': 'fuse',
    'skipconv4': 'skip_convs.0',
    'fusion4': 'fusions.0',
    'skipconv2': 'skip_convs.1',
    'fusion2': 'fusions.1',
}


def is_cmp_checkpoint(checkpoint: Mapping[str, Any]) -> bool:
    """Tell what may be a published CMP file by its names.

    Args:
        checkpoint: the loaded file, or the state dict of its image encoder.

    Example:
        >>> is_cmp_checkpoint({'state_dict': {'module.x.fc6.0.weight': 1}})
        True
        >>> is_cmp_checkpoint({'epoch': 3})
        False
    """
    tensors = checkpoint.get('state_dict', checkpoint)
    return isinstance(tensors, Mapping) and _has_mark(tensors) is not None


def convert_cmp_checkpoint(
    checkpoint: Mapping[str, Any], arch: str = 'auto'
) -> Conversion:
    """Rename the keys of a published checkpoint or extracted encoder.

    Source: Zhan et al. 2019 (CMP), ``models/single_stage_model.py`` (the
        layout), ``tools/weight_process.py`` (extraction).
    Deviates: the optimiser's state is dropped, and that is reported.

    Args:
        checkpoint: the loaded file.
        arch: ``'alexnet'``, ``'resnet50'``, or ``'auto'``: seen from the
            keys. (AlexNet's 8x and 32x variants have the same keys.)

    Returns:
        The conversion; its ``meta`` has ``kind`` ('full' or 'encoder'),
        ``arch``, ``decoder`` ('plain', 'skip' or None) and ``step`` (int or
        None).

    Raises:
        ValueError: not a published CMP checkpoint, one of another ``arch``,
            or keys of unknown meaning, the first of which are listed.
    """
    if arch not in ('auto', *ARCHS):
        raise ValueError(
            f'unknown arch {arch!r}; valid: auto, {", ".join(ARCHS)}'
        )
    full = 'state_dict' in checkpoint
    tensors = checkpoint['state_dict'] if full else checkpoint
    found = _detect_arch(tensors)
    if arch not in ('auto', found):
        raise ValueError(f'the checkpoint holds {found}, not {arch}')
    renamed = {key: rename_key(key, found) for key in tensors}
    refuse_unknown(
        (key for key, new in renamed.items() if new is None),
        f'CMP with {found}',
    )
    state_dict = {str(renamed[key]): t for key, t in tensors.items()}
    if len(state_dict) < len(renamed):
        raise ValueError('keys occur both with and without a prefix')
    extra = set(checkpoint) - {'state_dict'} if full else set()
    meta = _meta(checkpoint, state_dict, found)
    decoder = f', {meta["decoder"]} decoder' if meta['decoder'] else ''
    return Conversion(
        state_dict=state_dict,
        renamed={key: str(new) for key, new in renamed.items()},
        dropped={key: _why_dropped(key) for key in sorted(extra)},
        meta=meta,
        method='CMP',
        summary=f'{meta["kind"]} checkpoint, {found}{decoder}',
    )


def rename_key(key: str, arch: str) -> str | None:
    """Return our name of a published key, None if it has none.

    Args:
        key: with or without ``'module.'``; a key without the name of one of
            the three networks is taken as the image encoder's.
        arch: ``'alexnet'`` or ``'resnet50'``.

    Example:
        >>> rename_key('module.flow_decoder.decoder2.4.bias', 'resnet50')
        'decoder.propagate.branches.pool2.1.0.bias'
        >>> rename_key('conv5.weight', 'resnet50')
        'neck.conv.weight'
    """
    key = without_wrapper(key)
    root, _, rest = key.partition('.')
    if root == 'flow_encoder':
        return _rename_motion(rest)
    if root == 'flow_decoder':
        return _rename_decoder(rest)
    return _rename_encoder(rest if root == 'image_encoder' else key, arch)


def _rename_encoder(key: str, arch: str) -> str | None:
    if re.fullmatch(rf'{_PROJECTIONS[arch]}\.(weight|bias)', key):
        return 'neck.conv.' + key.split('.')[-1]
    if re.fullmatch(_BACKBONES[arch], key):
        return 'backbone.' + key
    return None


def _rename_motion(key: str) -> str | None:
    match = re.fullmatch(r'features\.([0145])\.(\w+)', key)
    return f'motion_encoder.{_MOTION[match[1]]}.{match[2]}' if match else None


def _rename_decoder(key: str) -> str | None:
    part, _, rest = key.partition('.')
    if part == 'head':
        return f'head.conv.{rest}'
    if part in _LEVELS:
        return f'decoder.{_LEVELS[part]}.{rest}'
    match = re.fullmatch(r'decoder([1248])\.(\d)\.(\w+)', key)
    if not match:
        return None
    # "[maxpool]-[conv-norm-relu]xn": a pool shifts the places by one.
    place = int(match[2]) - (match[1] != '1')
    block, member = divmod(place, 3)
    if place < 0 or member == 2:
        return None
    branch = f'decoder.propagate.branches.pool{match[1]}'
    return f'{branch}.{block}.{member}.{match[3]}'


def _detect_arch(tensors: Mapping[str, Any]) -> str:
    """Return the architecture of the image encoder."""
    arch = _has_mark(tensors)
    if arch is not None:
        return arch
    raise ValueError(
        'this is no published CMP checkpoint: none of its '
        f'{len(tensors)} keys ends with '
        + ' or '.join(sorted(_MARKS.values()))
        + f'; its first keys are {sorted(map(str, tensors))[:5]}'
    )


def _has_mark(tensors: Mapping[str, Any]) -> str | None:
    for arch, mark in _MARKS.items():
        if any(str(key).endswith(mark) for key in tensors):
            return arch
    return None


def _why_dropped(entry: str) -> str:
    """Return why an entry beside the state dict is not converted."""
    reasons = {
        'optimizer': 'numbered by the published order of parameters',
        'step': 'kept as meta["step"]',
    }
    return reasons.get(entry, 'unknown entry beside the state dict')


def _meta(
    checkpoint: Mapping[str, Any], state_dict: Mapping[str, Any], arch: str
) -> dict[str, Any]:
    """Describe what was converted."""
    roots = {key.split('.')[0] for key in state_dict}
    full = bool(roots - {'backbone', 'neck'})
    decoder = None
    if full:
        skip = any(key.startswith('decoder.fus') for key in state_dict)
        decoder = 'skip' if skip else 'plain'
    step = checkpoint.get('step')
    return {
        'kind': 'full' if full else 'encoder',
        'arch': arch,
        'decoder': decoder,
        'step': step if isinstance(step, int) else None,
    }
