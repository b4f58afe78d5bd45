"""From the name of a backbone to one for DINO and SOLIDER."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmssl.models.utils.pooled import pooled_feature
from mmssl.pretraining.backbones import Backbone, backbone_config, run_backbone
from mmssl.pretraining.data_folder import PretrainError

# Those that follow lambda, of the same networks.
SEMANTIC = dict(
    ResNet='SemanticResNet',
    SwinTransformer='SemanticSwinTransformer',
    VisionTransformer='SemanticVisionTransformer',
)
# Fewer cells of the last map tell little of where a part is.
_FEW_CELLS = 24


def find_semantic(
    name: str | Mapping[str, Any], hw: tuple[int, int], needs_lambda: bool
) -> Backbone:
    """Find a backbone that follows lambda, and run it once.

    Of plain ResNets, Swins and ViTs their semantic form is taken, so that
    SOLIDER can go on from DINO. Where the views are so small that the last
    map would have less than 24 cells, ResNets and Swins do without their last
    halving, as downstream tasks have them.

    Args:
        name: See :func:`~mmssl.pretraining.backbones.find_backbone`.
        hw: Height and width of the large views, px.
        needs_lambda: Refuse a backbone that does not follow it.

    Returns:
        The backbone; stride 0 if it gives a vector.

    Raises:
        PretrainError: Unknown, it cannot be run, or it does not follow
            lambda.
    """
    given = isinstance(name, Mapping)
    config = backbone_config(name, hw)
    kind = config['type'].split('.')[-1]
    config['type'] = SEMANTIC.get(kind, config['type'])
    if needs_lambda and config['type'].split('.')[-1] not in SEMANTIC.values():
        raise PretrainError(
            f'{kind} does not follow lambda, which SOLIDER needs; valid: '
            f'{", ".join(sorted(SEMANTIC))} and their sizes, e.g. resnet50, '
            'swin_tiny, vit_small. "--method dino" learns with any'
        )
    if not given and (hw[0] // 32) * (hw[1] // 32) < _FEW_CELLS:
        finer = dict(
            SemanticResNet=(1, 2, 2, 1), SemanticSwinTransformer=(4, 2, 2, 1)
        )
        if config['type'] in finer:
            config['strides'] = finer[config['type']]
    last = run_backbone(config, hw)
    try:
        channels = pooled_feature(last).shape[1]
    except (TypeError, ValueError) as error:
        raise PretrainError(f'{kind}: {error}') from error
    stride = round(hw[0] / last.shape[-2]) if last.dim() == 4 else 0
    return Backbone(config, channels, stride)
