"""Say what a checkpoint file of somebody else is, and what to do with it.

By the names in it alone; nothing is loaded or run. The first line that fits
is told, so the particular ones come first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from torch import Tensor

_NESTED = (
    'state_dict',
    'model',
    'teacher',
    'student',
    'model_state',
    'net',
    'module',
)
_CONVERT = 'mmssl convert FILE OUT'
_TIMM = f'{_CONVERT} --method timm takes its backbone'
_FITS = 'it needs no conversion'
_NO_WEIGHTS = (
    'give the file that was saved with the weights, not the one for resuming '
    'the optimiser'
)


class FileFormat(NamedTuple):
    """What a file is.

    Attributes:
        name: For people, with an article.
        fix: What to do with it.
    """

    name: str
    fix: str

    def __str__(self) -> str:
        return f'it looks like {self.name}: {self.fix}'


class _Line(NamedTuple):
    """One line of the table: patterns that names must have, and have not."""

    needs: tuple[str, ...]
    name: str
    fix: str
    lacks: tuple[str, ...] = ()


# Patterns are searched from the beginning of a name without 'module.'.
_TABLE = (
    _Line(
        (r'online_network_state_dict$',),
        'a file of the published SCRL or BYOL',
        f'{_CONVERT} --method scrl',
    ),
    _Line(
        (r'image_encoder\.',),
        'a file of the published CMP',
        f'{_CONVERT} --method cmp',
    ),
    _Line(
        (r'base\.(stages|patch_embed|blocks|layer\d)', r'classifier'),
        'a trained person re-identification model (its network is "base.")',
        'mmssl export FILE OUT --prefix base. takes its backbone, if that '
        'is a Swin in the names of mm or a ResNet',
    ),
    _Line(
        (r'(backbone\.)?.*masked_embed|mask_token', r'.*(dino_)?head|blocks'),
        'a file of iBOT or DINOv2',
        'it is another network than DINO; there is no converter',
        (r'decoder_',),
    ),
    _Line(
        (r'decoder_(blocks|embed)', r'mask_token'),
        'a file of MAE',
        f'save its encoder alone, then {_TIMM}',
    ),
    _Line(
        (r'encoder_q\.|momentum_encoder\.|base_encoder\.',),
        'a file of MoCo',
        'save its encoder alone by its own names, then '
        f'{_CONVERT} --method timm (ViT) or mmssl export (ResNet)',
    ),
    _Line(
        (
            r'backbone\.stages\.\d+\.blocks\.\d+\.attn\.w_msa',
            r'head\.(mlp|last_layer)',
        ),
        'a published SOLIDER file, or one of its DINO stage',
        f'{_CONVERT} --method solider',
    ),
    _Line(
        (r'backbone\.(blocks\.0\.attn\.qkv|layer1)', r'head\.(mlp|last_lay)'),
        'a published DINO file',
        f'{_CONVERT} --method dino',
    ),
    _Line(
        (r'layers\.\d+\.blocks\.\d+\.attn\.relative_position_bias_table',),
        "a Swin in the names of Microsoft's files or of timm",
        _TIMM + ' (its patch merging is reordered)',
    ),
    _Line(
        (r'layers\.\d+\.blocks\.\d+\.attn\.(logit_scale|cpb_mlp)',),
        'a Swin of version 2',
        'its attention is another one; there is no converter',
    ),
    _Line(
        (r'features\.\d+\.\d+\.attn\.relative_position_bias_table',),
        "torchvision's Swin",
        'load the same network from timm, and convert that file',
    ),
    _Line(
        (r'encoder\.layers\.encoder_layer_0\.',),
        "torchvision's ViT",
        'load the same network from timm, and convert that file',
    ),
    _Line(
        (r'(\w+\.)?(encoder\.layer\.0\.|embeddings\.patch_embeddings)',),
        "a ViT of Hugging Face's transformers",
        'load the same network from timm, and convert that file',
    ),
    _Line(
        (r'blocks\.0\.attn\.qkv\.weight', r'patch_embed\.proj\.weight'),
        'a ViT in the names of timm',
        _TIMM,
    ),
    _Line(
        (r'conv1\.weight', r'layer1\.0\.conv1\.weight', r'fc\.weight'),
        "torchvision's or timm's ResNet, a classifier",
        'mmpretrain loads it as it is: init_cfg=dict(type="Pretrained", '
        'checkpoint=FILE)',
    ),
    _Line(
        (r'conv1\.weight', r'layer1\.0\.conv1\.weight'),
        'a bare ResNet (CMP, DINO, torchvision and others name it so)',
        f'{_CONVERT} --method cmp or --method dino',
    ),
    _Line(
        (r'backbone\.', r'(bbox_head|roi_head|rpn_head|decode_head)\.'),
        'a detector or segmentor of mmdet or mmseg',
        'mmssl export FILE OUT --prefix backbone. takes its backbone',
    ),
    _Line(
        (r'backbone\.', r'(head|neck)\.'),
        'a model of an OpenMMLab project, or of mmssl',
        f'{_FITS}; mmssl export takes its backbone',
    ),
    _Line(
        (r'stages\.0\.blocks\.0\.attn\.w_msa\.',),
        'a bare Swin in the names of the mm projects',
        f'{_FITS}: init_cfg=dict(type="Pretrained", checkpoint=FILE)',
    ),
    _Line(
        (r'(param_groups|optimizer|optimizer_state_dict|fp16_scaler)$',),
        'a state of an optimiser, without weights',
        _NO_WEIGHTS,
    ),
)


def describe_file(checkpoint: Any) -> FileFormat | None:
    """Return what a file is, as far as its names tell.

    Args:
        checkpoint: What it holds.

    Returns:
        The format, or None for names that are not known.

    Example:
        >>> str(describe_file({'state': {}, 'param_groups': []}))[:47]
        'it looks like a state of an optimiser, without '
    """
    if isinstance(checkpoint, Tensor):
        return FileFormat(
            f'a single tensor of shape {tuple(checkpoint.shape)}',
            'a dict of named tensors is needed',
        )
    if not isinstance(checkpoint, Mapping):
        return FileFormat(
            f'a saved {type(checkpoint).__name__}',
            'a dict of named tensors is needed',
        )
    names = _names(checkpoint)
    for line in _TABLE:
        if _has(names, line.needs) == len(line.needs) and not _has(
            names, line.lacks
        ):
            return FileFormat(line.name, line.fix)
    return None


def hint(checkpoint: Any) -> str:
    """Return ``'; it looks like ...'`` for the end of an error, or ``''``.

    What is in our names already is not told.
    """
    found = describe_file(checkpoint)
    return f'; {found}' if found and not found.fix.startswith(_FITS) else ''


def _names(checkpoint: Mapping[str, Any]) -> list[str]:
    """Return the names in a file, also those one or two levels down."""
    names = []
    for key, value in checkpoint.items():
        name = str(key)
        names.append(re.sub(r'^module\.', '', name))
        if name in _NESTED and isinstance(value, Mapping):
            names += _names(value)
    return names


def _has(names: list[str], patterns: tuple[str, ...]) -> int:
    """Count the patterns that some name begins with."""
    return sum(
        any(re.match(pattern, name) for name in names) for pattern in patterns
    )
