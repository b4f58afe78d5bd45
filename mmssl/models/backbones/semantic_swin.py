"""Swin whose features follow lambda, from appearance to semantics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmpretrain.models import SwinTransformer
from mmpretrain.models.utils import resize_pos_embed
from torch import Tensor

from mmssl.models.backbones.semantic_control import SemanticControl
from mmssl.registry import MODELS


@MODELS.register_module()
class SemanticSwinTransformer(SemanticControl, SwinTransformer):
    """mmpretrain's Swin with the semantic controller after patch merging.

    Presets ``arch='tiny'``, ``'small'``, ``'base'`` (window 7, patch 4) are
    the published ones. With ``semantic_weight=-1`` it is mmpretrain's Swin,
    with the same keys and numbers.

    Source: Chen et al. 2023 (SOLIDER), published ``swin_transformer.py``.
    Deviates: see :class:`~.semantic_control.SemanticControl`. If the runner
        asks for initial weights, the relative position tables start from a
        truncated normal (0.02), as in Swin; there from 0.

    Args:
        arch: As mmpretrain's: a preset, or dict(embed_dims, depths,
            num_heads).
        semantic_weight: Default lambda in [0, 1]; below 0 the network is a
            plain Swin. Defaults to 0.0.
        strides: Of the patch embedding and of the patch merging after each
            stage but the last; None: 4, then 2 each. Downstream:
            (4, 2, 2, 1) for parsing and pedestrians, (4, 2, 1, 1) for pose;
            weights load unchanged.
        pad_small_map: Pad maps smaller than the window, as SOLIDER and the
            Swins of mmdet, mmseg and mmpose do; without, person-shaped
            inputs are refused, or differ silently. Defaults to True.
        patch_cfg: Extra config of the patch embedding.
        stage_cfgs: Extra config of all stages, or of each.
        **kwargs: Those of :class:`mmpretrain.models.SwinTransformer`;
            ``img_size`` is (h, w), ``with_cp=True`` keeps fewer activations.

    Raises:
        ValueError: Lambda above 1, or strides that are not one positive
            number for each stage.

    Example:
        >>> import torch
        >>> arch = dict(embed_dims=8, depths=[1] * 4, num_heads=[1] * 4)
        >>> net = SemanticSwinTransformer(arch, strides=(4, 2, 2, 1))
        >>> (out,) = net(torch.zeros(2, 3, 128, 64), semantic_weight=0.5)
        >>> out.shape
        torch.Size([2, 64, 8, 4])
    """

    def __init__(
        self,
        arch: str | dict = 'tiny',
        *,
        semantic_weight: float = 0.0,
        strides: Sequence[int] | None = None,
        pad_small_map: bool = True,
        patch_cfg: dict[str, Any] | None = None,
        stage_cfgs: Sequence[dict] | dict | None = None,
        **kwargs: Any,
    ) -> None:
        stages = len(arch['depths']) if isinstance(arch, dict) else 4
        strides = (4, *[2] * (stages - 1)) if strides is None else strides
        if len(strides) != stages:
            raise ValueError(
                f'strides must hold {stages} numbers, one for each stage, '
                f'got {tuple(strides)}'
            )
        super().__init__(
            arch=arch,
            pad_small_map=pad_small_map,
            stage_cfgs=strided_stages(strides, stage_cfgs),
            patch_cfg=dict(dict(stride=strides[0]), **(patch_cfg or {})),
            **kwargs,
        )
        self.strides = tuple(strides)
        channels = [stage.out_channels for stage in self.stages]
        self._add_semantic_control(semantic_weight, channels)

    def forward(
        self, x: Tensor, semantic_weight: float | Tensor | None = None
    ) -> tuple[Tensor, ...]:
        """Return the normalised maps of ``out_indices``, finest first.

        Args:
            x: (N, 3, H, W).
            semantic_weight: Lambda of all, or (N,) of each image; None: the
                default.

        Returns:
            Each (N, C_i, h_i, w_i).
        """
        weights = self._lambda_of(x, semantic_weight)
        x, hw = self.patch_embed(x)
        if self.use_abs_pos_embed:
            x = x + resize_pos_embed(
                self.absolute_pos_embed,
                self.patch_resolution,
                hw,
                self.interpolate_mode,
                self.num_extra_tokens,
            )
        x = self.drop_after_pos(x)
        outs = []
        for i, stage in enumerate(self.stages):
            x, hw = stage(x, hw, do_downsample=False)
            out, out_hw = x, hw
            if stage.downsample is not None:
                x, hw = stage.downsample(x, hw)
                x = self._controlled(x, i, weights, dim=-1)
            if self.out_after_downsample:
                out, out_hw = x, hw
            if i in self.out_indices:
                out = getattr(self, f'norm{i}')(out)
                out = out.view(len(out), *out_hw, out.shape[-1])
                outs.append(out.permute(0, 3, 1, 2).contiguous())
        return tuple(outs)


def strided_stages(
    strides: Sequence[int],
    stage_cfgs: Sequence[dict] | dict | None = None,
) -> list[dict]:
    """Return the configs of Swin's stages with the strides of their merging.

    Args:
        strides: Of the patch embedding, then of each patch merging.
        stage_cfgs: Config of all stages, or of each.

    Raises:
        ValueError: A stride is not a positive integer.

    Example:
        >>> strided_stages((4, 1))
        [{'downsample_cfg': {'stride': 1}}, {}]
    """
    if not all(isinstance(s, int) and s > 0 for s in strides):
        raise ValueError(
            f'strides must be positive integers, got {tuple(strides)}'
        )
    given = stage_cfgs or {}
    each = [given] * len(strides) if isinstance(given, dict) else list(given)
    each = [dict(cfg) for cfg in each]
    for cfg, stride in zip(each, strides[1:]):
        merging = dict(stride=stride)
        merging.update(cfg.get('downsample_cfg', {}))
        cfg['downsample_cfg'] = merging
    return each
