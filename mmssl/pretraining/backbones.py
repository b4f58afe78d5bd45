"""From the name of a backbone to a config that gives a map."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from mmengine.registry import DefaultScope

from mmssl.pretraining.data_folder import PretrainError
from mmssl.registry import MODELS

# Short names whose numbers are arguments.
_NAMES = (
    (r'resnet(18|34|50|101|152)', 'ResNet', 'depth'),
    (r'vgg(11|13|16|19)', 'VGG', 'depth'),
    (r'swin_(tiny|small|base|large)', 'SwinTransformer', 'arch'),
    (r'vit_(small|base|large)', 'VisionTransformer', 'arch'),
    (r'convnext_(tiny|small|base|large)', 'ConvNeXt', 'arch'),
)
# What makes a backbone give a map of its last stage; set where it is taken.
_MAP_OPTIONS = {
    'out_type': 'featmap',
    'gap_before_final_norm': False,
    'pad_small_map': True,
    'with_last_pool': False,
}
EXAMPLES = 'resnet18, resnet50, vgg16, swin_tiny, convnext_tiny, vit_small'


@dataclass(frozen=True)
class Backbone:
    """A backbone and its last map.

    Attributes:
        config: For the model's ``backbone``.
        channels: Of the last map.
        stride: Image px for one cell of it.
    """

    config: dict[str, Any]
    channels: int
    stride: int

    @property
    def is_resnet(self) -> bool:
        """Whether it is a plain ResNet, for which recipes are published."""
        return self.config['type'] == 'ResNet'


def find_backbone(
    name: str | Mapping[str, Any], size: int, dilated: bool = False
) -> Backbone:
    """Find a backbone and run it once, to know its map.

    Args:
        name: A short name such as 'resnet50', 'vgg16', 'swin_tiny'; a model
            of mmpretrain ('convnext-tiny_32xb128_in1k'); a class
            ('MobileNetV2'); or a config.
        size: Side of the training images, px.
        dilated: Give ResNets the stride 8 of the published recipes.

    Returns:
        The backbone.

    Raises:
        PretrainError: Unknown, or it gives no map.
    """
    config = backbone_config(name, (size, size))
    if config['type'] == 'ResNet' and dilated and 'dilations' not in config:
        config.update(strides=(1, 2, 1, 1), dilations=(1, 1, 2, 4))
    last = run_backbone(config, (size, size))
    if last.dim() != 4 or size % last.shape[-1]:
        raise PretrainError(
            f'the backbone {config["type"]} gives {tuple(last.shape)} for '
            f'an image of {size} px, no map of a whole stride: set its '
            "options in a config, e.g. dict(type='VisionTransformer', "
            "arch='base', out_type='featmap')"
        )
    return Backbone(config, last.shape[1], size // last.shape[-1])


def backbone_config(
    name: str | Mapping[str, Any], hw: tuple[int, int]
) -> dict[str, Any]:
    """Return the config of a backbone that gives a map.

    Args:
        name: See :func:`find_backbone`.
        hw: Height and width of the training images, px.

    Raises:
        PretrainError: Unknown.
    """
    config = dict(name) if isinstance(name, Mapping) else _config_of(name)
    if 'type' not in config:
        raise PretrainError(f'the backbone needs a type, got {config}')
    return {**config, **_map_options(config, hw), **config}


def run_backbone(
    config: Mapping[str, Any], hw: tuple[int, int]
) -> torch.Tensor:
    """Build a backbone, run it on one black image, return its last output.

    Args:
        config: Of the backbone.
        hw: Height and width of the image, px.

    Raises:
        PretrainError: It cannot be built or run.
    """
    with DefaultScope.overwrite_default_scope('mmssl'):
        try:
            network = MODELS.build(dict(config))
            network.eval()
            with torch.no_grad():
                maps = network(torch.zeros(1, 3, *hw))
        except Exception as error:
            raise PretrainError(
                f'the backbone {dict(config)} cannot be built, or not run on '
                f'{hw[0]} x {hw[1]} px: {error}'
            ) from error
    return maps[-1] if isinstance(maps, (list, tuple)) else maps


def _config_of(name: str) -> dict[str, Any]:
    """Return the config of a name."""
    for pattern, kind, argument in _NAMES:
        match = re.fullmatch(pattern, name.lower().replace('-', '_'))
        if match:
            word = match[1]
            value: Any = int(word) if word.isdigit() else word
            config = {'type': kind, argument: value}
            if kind == 'VGG':
                config['norm_cfg'] = dict(type='BN')
            return config
    if _class_of(name) is not None:
        return {'type': name}
    return _of_model_zoo(name)


def _of_model_zoo(name: str) -> dict[str, Any]:
    """Return the backbone of one of mmpretrain's models."""
    from mmpretrain.apis import ModelHub, list_models

    known = list_models()
    if name not in known:
        close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        raise PretrainError(
            f'unknown backbone {name!r}. Valid are short names ({EXAMPLES}), '
            "mmpretrain's classes of backbones, its models"
            + (f' (close: {", ".join(close)})' if close else '')
            + ', and configs'
        )
    config = ModelHub.get(name).config.model.get('backbone')
    if config is None:
        raise PretrainError(f"mmpretrain's model {name} has no backbone")
    return {k: v for k, v in config.to_dict().items() if k != 'init_cfg'}


def _class_of(kind: str) -> type | None:
    """Return a registered class, or None."""
    with DefaultScope.overwrite_default_scope('mmssl'):
        found = MODELS.get(kind)
    return found if isinstance(found, type) else None


def _map_options(
    config: Mapping[str, Any], hw: tuple[int, int]
) -> dict[str, Any]:
    """Return the options that this class takes of those for a map."""
    found = _class_of(config['type'])
    if found is None:
        return {}
    taken: set[str] = set()
    for base in found.__mro__:
        init = base.__dict__.get('__init__')
        if init is not None and base is not object:
            taken |= set(inspect.signature(init).parameters)
    options = {k: v for k, v in _MAP_OPTIONS.items() if k in taken}
    if 'img_size' in taken:
        options['img_size'] = hw[0] if hw[0] == hw[1] else hw
    if config['type'] in ('ResNet', 'SemanticResNet'):
        options['out_indices'] = (3,)
    return options
