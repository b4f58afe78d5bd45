"""Checkpoints of the published DINO (ViT, ResNet-50) -> mmssl.

:mod:`mmssl.checkpoints.teacher_student_file` has the layout of the full
files. The "backbone only" ones are bare state dicts: a ViT in timm's names,
or torchvision's ResNet-50 without its classifier.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmssl.checkpoints.architectures import identify
from mmssl.checkpoints.conversion import Conversion
from mmssl.checkpoints.dino_names import rename_resnet_key, rename_vit_key
from mmssl.checkpoints.teacher_student_file import (
    backbone_keys,
    epoch_of,
    networks_of,
    rename_networks,
)

_VITS = {192: 'vit_tiny', 384: 'vit_small', 768: 'vit_base'}
ARCHS = ('resnet50', *sorted(_VITS.values()))
_VIT = 'blocks.0.attn.qkv.weight'
_RESNET = 'layer1.0.conv3.weight'
_CLASSIFIERS = ('fc.weight', 'head.weight', 'head.fc.weight')


def is_dino_checkpoint(checkpoint: Mapping[str, Any]) -> bool:
    """Tell published DINO files by their names.

    A bare ResNet has the same names in every project; only ``--method dino``
    takes it for one of DINO.

    Args:
        checkpoint: The loaded file.

    Example:
        >>> is_dino_checkpoint({'teacher': {f'backbone.{_VIT}': 1}})
        True
        >>> is_dino_checkpoint({_VIT: 1, 'head.weight': 1})  # a classifier
        False
    """
    try:
        networks = networks_of(checkpoint)
    except ValueError:
        return False
    keys = backbone_keys(networks)
    if networks.kind == 'backbone':
        classifies = not keys.isdisjoint(_CLASSIFIERS)
        return {_VIT, 'cls_token'} <= keys and not classifies
    return _VIT in keys or _RESNET in keys


def convert_dino_checkpoint(
    checkpoint: Mapping[str, Any], arch: str = 'auto'
) -> Conversion:
    """Rename the keys of a published checkpoint.

    Source: Caron et al. 2021 (DINO), ``main_dino.py`` (the file),
        ``vision_transformer.py`` (ViT and head); torchvision (ResNet-50).
    Deviates: states of optimiser and loss scaling are dropped, and that is
        reported.

    Args:
        checkpoint: The loaded file.
        arch: ``'resnet50'``, ``'vit_tiny'``, ``'vit_small'``,
            ``'vit_base'``, or ``'auto'``: seen from keys and shapes.

    Returns:
        The conversion; its ``meta`` has ``kind`` ('full': student and
        teacher; 'teacher'; 'student'; 'backbone'), ``arch``, ``epoch`` (int
        or None), ``patch_size`` (px, or None) and ``prototypes`` (int or
        None).

    Raises:
        ValueError: Not a published DINO checkpoint, one of another ``arch``,
            or keys of unknown meaning, the first of which are listed.
    """
    if arch not in ('auto', *ARCHS):
        raise ValueError(
            f'unknown arch {arch!r}; valid: auto, {", ".join(ARCHS)}'
        )
    networks = networks_of(checkpoint)
    keys = backbone_keys(networks)
    if keys.isdisjoint((_VIT, _RESNET)):
        raise ValueError(
            f'this is no published DINO checkpoint: neither {_VIT!r} of a '
            f'ViT nor {_RESNET!r} of a ResNet-50 is in it; its first keys '
            f'are {sorted(map(str, checkpoint))[:5]}'
        )
    of_vit = _VIT in keys
    new = rename_networks(
        checkpoint,
        networks,
        rename_vit_key if of_vit else rename_resnet_key,
        'DINO with a ' + ('ViT' if of_vit else 'ResNet'),
    )
    found = _arch_of(new.state_dict, of_vit)
    if arch not in ('auto', found):
        raise ValueError(f'the checkpoint holds {found}, not {arch}')
    last = new.state_dict.get('neck.last_layer.weight_v')
    patches = new.state_dict.get('backbone.patch_embed.projection.weight')
    meta = {
        'kind': networks.kind,
        'arch': found,
        'epoch': epoch_of(checkpoint),
        'patch_size': None if patches is None else patches.shape[-1],
        'prototypes': None if last is None else len(last),
    }
    patch = f', patches of {meta["patch_size"]} px' if of_vit else ''
    return Conversion(
        state_dict=new.state_dict,
        renamed=new.renamed,
        dropped=new.dropped,
        meta=meta,
        method='DINO',
        summary=f'{networks.kind} checkpoint, {found}{patch}',
        notes=new.notes,
    )


def _arch_of(state: Mapping[str, Any], of_vit: bool) -> str:
    """Return the published name of a size, or what it is."""
    if of_vit:
        width = state['backbone.layers.0.attn.qkv.weight'].shape[1]
        return _VITS.get(width, f'ViT of {width} channels')
    root = 'backbone.'
    found = identify(
        {k[len(root) :]: v for k, v in state.items() if k.startswith(root)}
    )
    return 'resnet50' if found.options.get('depth') == 50 else found.name
