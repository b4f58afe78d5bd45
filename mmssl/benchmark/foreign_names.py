"""Backbones in torchvision's names (VGG, Swin, ViT) -> mm's.

Exports know the way from mm to torchvision; here it is walked backwards: the
names that a network of each size would get are looked for in the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from mmssl.checkpoints.architectures import Architecture, identify
from mmssl.checkpoints.backbone_configs import mm_config
from mmssl.checkpoints.layouts import concatenated_to_unfold, to_layout
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.registry import MODELS

_HEADS = ('classifier.', 'head.', 'heads.')
# A name that each family has.
_FIRST = {
    'swin': 'features.0.0.weight',
    'vgg': 'features.0.weight',
    'vit': 'conv_proj.weight',
}


def _swin(width: int, depths: tuple[int, ...]) -> Architecture:
    options = dict(
        embed_dims=width,
        depths=depths,
        num_heads=tuple(width // 32 * 2**i for i in range(4)),
        window_size=7,
        patch_size=4,
        out_indices=(3,),
    )
    return Architecture('swin', f'swin_{width}', options)


def _vit(width: int, layers: int, patch: int) -> Architecture:
    options = dict(
        embed_dims=width,
        num_layers=layers,
        num_heads=width // 64,
        feedforward_channels=4 * width,
        patch_size=patch,
        grid=(224 // patch, 224 // patch),
        tokens=(224 // patch) ** 2,
        with_cls_token=True,
        final_norm=True,
        qkv_bias=True,
    )
    return Architecture('vit', f'vit_{width}', options)


# Name of --arch -> what torchvision has of it.
ARCHS = {
    **{
        f'vgg{depth}{ending}': Architecture(
            'vgg', f'vgg{depth}', dict(depth=depth, norm=bool(ending))
        )
        for depth in (11, 13, 16, 19)
        for ending in ('', '_bn')
    },
    'swin_tiny': _swin(96, (2, 2, 6, 2)),
    'swin_small': _swin(96, (2, 2, 18, 2)),
    'swin_base': _swin(128, (2, 2, 18, 2)),
    'vit_base_16': _vit(768, 12, 16),
    'vit_base_32': _vit(768, 12, 32),
    'vit_large_16': _vit(1024, 24, 16),
    'vit_large_32': _vit(1024, 24, 32),
}


def from_torchvision(
    tensors: Mapping[str, Tensor], archs: Iterable[str] = ()
) -> dict[str, Tensor]:
    """Rename a backbone, and reorder Swin's patch merging.

    Args:
        tensors: Of the file, with or without its classifier.
        archs: Which of :data:`ARCHS` it may be; none: any.

    Returns:
        Tensors in mm's names.

    Raises:
        ValueError: Unknown arch.
        CheckpointError: No network has just these tensors.
    """
    chosen = list(archs) or sorted(ARCHS)
    unknown = sorted(set(chosen) - set(ARCHS))
    if unknown:
        raise ValueError(
            f'unknown arch {unknown[0]!r} of torchvision; valid: '
            f'{", ".join(sorted(ARCHS))}'
        )
    kept = {k: v for k, v in tensors.items() if not k.startswith(_HEADS)}
    for arch in chosen:
        if _FIRST[ARCHS[arch].family] not in kept:
            continue
        found = _fitted(kept, ARCHS[arch])
        if found is not None:
            return found
    raise CheckpointError(
        f'none of {", ".join(chosen)} has the names and shapes of this file'
    )


def _fitted(
    tensors: Mapping[str, Tensor], architecture: Architecture
) -> dict[str, Tensor] | None:
    """Return the tensors in mm's names, None if they are of another size."""
    config = dict(mm_config(architecture) or {})
    config['type'] = f'mmpretrain.{config["type"]}'
    # mmpretrain's Swin reads numbers while it is built
    with torch.device('cpu' if architecture.family == 'swin' else 'meta'):
        wanted = MODELS.build(config).state_dict()
    numbered = {
        # each full of its own number, which survives any reordering
        name: torch.tensor(float(number)).expand(tensor.shape)
        for number, (name, tensor) in enumerate(wanted.items())
        if not name.startswith(_HEADS)
    }
    names = list(wanted)
    theirs = to_layout(numbered, identify(numbered), 'torchvision')
    if {n: t.shape for n, t in theirs.items()} != {
        n: t.shape for n, t in tensors.items()
    }:
        return None
    state = {}
    for name, number in theirs.items():
        mine = names[int(number.flatten()[0])]
        tensor = tensors[name]
        if '.downsample.' in mine:
            tensor = concatenated_to_unfold(tensor)
        state[mine] = tensor.reshape(wanted[mine].shape)
    return state
