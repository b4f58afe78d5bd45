"""Names of a backbone's tensors in mmpretrain, torchvision and timm.

``mm`` is what mmpretrain, mmdet, mmseg and mmpose share. ResNets have the
same names everywhere. Swin, ViT and VGG are renamed, and Swin's merging is
reordered: mmpretrain reads the 2x2 neighbours with ``nn.Unfold`` (channel
first, then row-major offset), the others concatenate (0,0), (1,0), (0,1),
(1,1) before the channel. Features are equal (tested to 1e-4).

Source: checked against mmpretrain 1.2, torchvision 0.26 and timm 1.0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch

from mmssl.checkpoints.architectures import Architecture
from mmssl.checkpoints.merging_bias import without_merging_bias
from mmssl.checkpoints.pickle_globals import CheckpointError

LAYOUTS = ('mm', 'timm', 'torchvision')

State = dict[str, torch.Tensor]


def to_layout(
    state: Mapping[str, torch.Tensor], architecture: Architecture, layout: str
) -> State:
    """Rename a backbone's tensors from ``mm`` to another layout.

    Args:
        state: Tensors of an mmpretrain backbone, without a prefix.
        architecture: What :func:`~mmssl.checkpoints.architectures.identify`
            says of them.
        layout: One of :data:`LAYOUTS`.

    Returns:
        Name -> tensor. Swin's norms of earlier outputs, and the position
        index where the target computes it, are left out.

    Raises:
        ValueError: Unknown layout.
        CheckpointError: The layout has no place for this architecture, or
            for one of its tensors.
    """
    if layout not in LAYOUTS:
        raise ValueError(
            f'layout must be one of {", ".join(LAYOUTS)}, got {layout!r}'
        )
    if layout == 'mm':
        return dict(state)
    if architecture.semantic:
        raise CheckpointError(
            f'{architecture.name} has no twin in {layout}: choose a lambda '
            '(--semantic-weight), which makes it a plain one'
        )
    renamers = {'resnet': _resnet, 'swin': _swin, 'vgg': _vgg, 'vit': _vit}
    if architecture.family not in renamers:
        raise CheckpointError(
            f'{architecture.name} has no twin in {layout}; supported there: '
            f'{", ".join(sorted(renamers))}. Layout "mm" takes any backbone'
        )
    return renamers[architecture.family](state, layout)


def _resnet(state: Mapping[str, torch.Tensor], layout: str) -> State:
    return dict(state)


def _vgg(state: Mapping[str, torch.Tensor], layout: str) -> State:
    """Number convolution, norm and activation one by one, as others do."""
    per_conv = 3 if any('.bn.' in name for name in state) else 2
    convs = sorted(
        {int(name.split('.')[1]) for name in state if '.conv.' in name}
    )
    first = {
        index: per_conv * rank + (index - rank)  # pools count one
        for rank, index in enumerate(convs)
    }
    renamed = {}
    for name, tensor in state.items():
        found = re.match(r'features\.(\d+)\.(conv|bn)\.(\w+)$', name)
        if found:
            step = first[int(found[1])] + (found[2] == 'bn')
            name = f'features.{step}.{found[3]}'
        renamed[name] = tensor
    return renamed


_VIT_TIMM = (
    (r'^patch_embed\.projection\.', 'patch_embed.proj.'),
    (r'^layers\.(\d+)\.ln([12])\.', r'blocks.\1.norm\2.'),
    (r'^layers\.(\d+)\.ffn\.layers\.0\.0\.', r'blocks.\1.mlp.fc1.'),
    (r'^layers\.(\d+)\.ffn\.layers\.1\.', r'blocks.\1.mlp.fc2.'),
    (r'^layers\.', 'blocks.'),
    (r'^ln1\.', 'norm.'),
)
_VIT_TORCHVISION = (
    (r'^cls_token$', 'class_token'),
    (r'^pos_embed$', 'encoder.pos_embedding'),
    (r'^patch_embed\.projection\.', 'conv_proj.'),
    (r'\.attn\.qkv\.', '.self_attention.in_proj_'),
    (r'\.attn\.proj\.', '.self_attention.out_proj.'),
    (r'\.ln([12])\.', r'.ln_\1.'),
    (r'\.ffn\.layers\.0\.0\.', '.mlp.0.'),
    (r'\.ffn\.layers\.1\.', '.mlp.3.'),
    (r'^layers\.', 'encoder.layers.encoder_layer_'),
    (r'^ln1\.', 'encoder.ln.'),
)


def _vit(state: Mapping[str, torch.Tensor], layout: str) -> State:
    patterns = _VIT_TIMM if layout == 'timm' else _VIT_TORCHVISION
    if layout == 'torchvision' and not {'cls_token', 'ln1.weight'} <= {*state}:
        raise CheckpointError(
            "torchvision's ViT has a class token and a last norm, and this "
            'one has not: use layout "mm" or "timm"'
        )
    renamed = {}
    for name, tensor in state.items():
        for pattern, new in patterns:
            name = re.sub(pattern, new, name)
        renamed[name] = tensor
    return renamed


_SWIN_TIMM = (
    (r'^patch_embed\.projection', 'patch_embed.proj'),
    (r'\.ffn\.layers\.0\.0\.', '.mlp.fc1.'),
    (r'\.ffn\.layers\.1\.', '.mlp.fc2.'),
)
_SWIN_TORCHVISION = (
    (r'^patch_embed\.projection', 'features.0.0'),
    (r'^patch_embed\.norm', 'features.0.2'),
    (r'\.ffn\.layers\.0\.0\.', '.mlp.0.'),
    (r'\.ffn\.layers\.1\.', '.mlp.3.'),
)


def _swin(state: Mapping[str, torch.Tensor], layout: str) -> State:
    last = max(int(n.split('.')[1]) for n in state if n.startswith('stages.'))
    state = without_merging_bias(state)
    renamed = {}
    for name, tensor in state.items():
        if re.match(r'norm\d\.', name) and not name.startswith(f'norm{last}.'):
            continue
        if name.endswith('relative_position_index'):
            if layout == 'timm':
                continue
            tensor = tensor.flatten()
        if '.downsample.' in name:
            tensor = unfold_to_concatenated(tensor)
        name = name.replace('.attn.w_msa.', '.attn.')
        name = re.sub(rf'^norm{last}\.', 'norm.', name)
        renamed[_swin_name(name, layout)] = tensor
    return renamed


def _swin_name(name: str, layout: str) -> str:
    """Rename one tensor.

    A merging ends a stage in mmpretrain, begins the next one in timm, and
    counts as a stage in torchvision.
    """
    timm = layout == 'timm'
    for pattern, new in _SWIN_TIMM if timm else _SWIN_TORCHVISION:
        name = re.sub(pattern, new, name)
    found = re.match(r'stages\.(\d+)\.(blocks|downsample)\.(.*)', name)
    if not found:
        return name
    part, rest = found[2], found[3]
    later = part == 'downsample'
    if timm:
        return f'layers.{int(found[1]) + later}.{part}.{rest}'
    return f'features.{2 * int(found[1]) + 1 + later}.{rest}'


def unfold_to_concatenated(tensor: torch.Tensor) -> torch.Tensor:
    """Reorder the 4C input channels of a patch merging.

    mmpretrain's channel ``4 c + 2 row + column`` becomes
    ``(2 column + row) C + c``.

    Args:
        tensor: (O, 4C) weight of the reduction, or (4C,) of its norm.

    Returns:
        The same values in the other order.

    Example:
        >>> unfold_to_concatenated(torch.arange(4))
        tensor([0, 2, 1, 3])
    """
    *head, width = tensor.shape
    split = tensor.reshape(*head, width // 4, 2, 2)  # ..., c, row, column
    order = [*range(len(head)), len(head) + 2, len(head) + 1, len(head)]
    return split.permute(*order).reshape(*head, width)


def concatenated_to_unfold(tensor: torch.Tensor) -> torch.Tensor:
    """Undo :func:`unfold_to_concatenated`.

    Args:
        tensor: (O, 4C) weight of a reduction, or (4C,) of its norm, in the
            order of Microsoft's Swin and of timm.

    Returns:
        The same values in mm's order.

    Example:
        >>> concatenated_to_unfold(unfold_to_concatenated(torch.arange(8)))
        tensor([0, 1, 2, 3, 4, 5, 6, 7])
    """
    *head, width = tensor.shape
    split = tensor.reshape(*head, 2, 2, width // 4)  # ..., column, row, c
    order = [*range(len(head)), len(head) + 2, len(head) + 1, len(head)]
    return split.permute(*order).reshape(*head, width)
