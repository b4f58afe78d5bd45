"""Conditional Motion Propagation."""

from __future__ import annotations

import warnings
from typing import Any, Literal

import torch
from mmpretrain.structures import DataSample
from torch import Tensor

from mmssl.models.algorithms.base import (
    BaseAlgorithm,
    Part,
    build_part,
    stack_field,
)
from mmssl.models.utils.published_init import published_init_
from mmssl.models.utils.resize import match_motion_map
from mmssl.registry import MODELS
from mmssl.utils.stages import stage

Inputs = dict[str, Tensor]
WEIGHT_INITS = ('backbone', 'published')


@MODELS.register_module()
class CMP(BaseAlgorithm):
    """Predict dense motion from one image and a few guidance vectors.

    x = neck(backbone(img)); g = motion_encoder(guidance);
    logits = head(decoder([x, g], earlier maps of the backbone)).

    Source: Zhan et al. 2019, arXiv:1903.11412; ``models/cmp.py`` and
        ``models/single_stage_model.py``.
    Deviates: the loss is a plain mean (there it is divided by the number of
        processes and gradients are summed: the same under DDP); initial
        weights are the published ones only if asked for.

    Args:
        backbone: config or module; the last map it gives out goes to the
            neck, the earlier ones to the decoder.
        neck: usually :class:`ConvProjection`; None: the map as it is.
        motion_encoder: usually :class:`MotionEncoder`; None: no guidance,
            that is, flow prediction from the image alone.
        decoder: :class:`PlainMotionDecoder` or :class:`SkipMotionDecoder`.
        head: :class:`FlowBinHead` or :class:`FlowRegressionHead`.
        data_preprocessor: config or module. Defaults to
            ``dict(type='mmssl.FlowDataPreprocessor')``.
        weight_init: ``'backbone'``: each part's own, pretrained ones
            included; ``'published'``: every weight anew by
            :func:`published_init_`, pretrained ones included.
        init_cfg: mmengine's initialisation. Defaults to None.
        online_probe: see :class:`BaseAlgorithm`. Defaults to None.

    Raises:
        TypeError: a part is neither config nor module.
        ValueError: unknown ``weight_init``, or the declared channels of
            neighbouring parts differ.
    """

    default_preprocessor = 'mmssl.FlowDataPreprocessor'

    def __init__(
        self,
        backbone: Part,
        neck: Part,
        motion_encoder: Part,
        decoder: Part,
        head: Part,
        data_preprocessor: Part = None,
        weight_init: Literal['backbone', 'published'] = 'backbone',
        init_cfg: Any = None,
        online_probe: Part = None,
    ) -> None:
        head = build_part(head, 'head')
        super().__init__(
            backbone, neck, head, data_preprocessor, init_cfg, online_probe
        )
        if weight_init not in WEIGHT_INITS:
            raise ValueError(
                f'unknown weight_init {weight_init!r}; valid: '
                f'{", ".join(WEIGHT_INITS)}'
            )
        self.weight_init = weight_init
        self.motion_encoder = build_part(
            motion_encoder, 'motion_encoder', optional=True
        )
        self.decoder = build_part(decoder, 'decoder')
        self._check_channels()

    def _check_channels(self) -> None:
        """Compare what parts declare, where they declare it."""
        image = getattr(self.neck, 'out_channels', None)
        motion = getattr(self.motion_encoder, 'out_channels', 0)
        wanted = getattr(self.decoder, 'in_channels', None)
        if image and wanted and image + motion != wanted:
            raise ValueError(
                f'decoder.in_channels is {wanted}, but neck ({image}) and '
                f'motion encoder ({motion}) give {image + motion} channels'
            )
        given = getattr(self.decoder, 'out_channels', None)
        taken = getattr(self.head, 'in_channels', None)
        if given and taken and given != taken:
            raise ValueError(
                f'head.in_channels is {taken}, but the decoder gives '
                f'{given} channels'
            )

    def init_weights(self) -> None:
        """Initialise; once, as mmengine's modules do."""
        if self.is_init:
            return
        super().init_weights()
        if self.weight_init == 'published':
            self._warn_pretrained()
            published_init_(self)

    def _warn_pretrained(self) -> None:
        """Say so where pretrained weights are about to be lost."""
        names = [
            name or 'the model'
            for name, module in self.named_modules()
            if 'Pretrained' in str(getattr(module, 'init_cfg', None))
        ]
        if names:
            warnings.warn(
                "weight_init='published' overwrites the pretrained weights "
                f'of {", ".join(names)}, as the published code does; '
                "weight_init='backbone' keeps them",
                stacklevel=3,
            )

    def extract_feat(self, inputs: Inputs | Tensor) -> tuple[Tensor, ...]:
        """Return the backbone's maps, finest first.

        Args:
            inputs: dict with ``img``, or the (N, 3, H, W) images alone.
        """
        images = inputs if isinstance(inputs, Tensor) else inputs['img']
        return self.backbone(images)

    def tensor(self, inputs: Inputs) -> Tensor:
        """Return the logits.

        Args:
            inputs: ``img`` (N, 3, H, W), normalised; ``guidance``
                (N, 4, H, W) if there is a motion encoder.

        Returns:
            (N, C, h, w); C = 2 * nbins, or 2 for regression.

        Raises:
            ValueError: guidance is missing, or the strides of backbone and
                motion encoder differ.
        """
        feats = self.extract_feat(inputs)
        x = feats[-1] if self.neck is None else self.neck(feats[-1])
        if self.motion_encoder is not None:
            g = self._encode_motion(inputs, x)
            x = torch.cat((x, g), dim=1)
        return self.head(self.decoder(x, skips=feats[:-1]))

    def _encode_motion(self, inputs: Inputs, x: Tensor) -> Tensor:
        """Return the guidance's map, of the size of ``x``."""
        if 'guidance' not in inputs:
            raise ValueError(
                'the model has a motion encoder, but the inputs have no '
                'guidance: put SampleGuidance into the pipeline, or set '
                'motion_encoder=None'
            )
        return match_motion_map(
            self.motion_encoder(inputs['guidance']),
            x,
            inputs['img'].shape[-2:],
            self.motion_encoder.stride,
        )

    def loss(
        self, inputs: Inputs, data_samples: list[DataSample] | None
    ) -> dict[str, Tensor]:
        """Return ``loss_flow``.

        Args:
            inputs: see :meth:`tensor`.
            data_samples: each with ``gt_flow`` (2, H, W), px.

        Raises:
            ValueError: ``gt_flow`` is missing, or see :meth:`tensor`.
        """
        with stage('targets'):
            gt_flow = stack_field(data_samples, 'gt_flow')
        return self.head.loss(self.tensor(inputs), gt_flow)

    def predict(
        self, inputs: Inputs, data_samples: list[DataSample] | None
    ) -> list[DataSample]:
        """Predict flow.

        Args:
            inputs: see :meth:`tensor`.
            data_samples: one for each image, or None.

        Returns:
            The samples, each with ``pred_flow`` (2, H, W) float32 in px and,
            if all have ``gt_flow``, ``loss`` (float), that of the sample
            alone.
        """
        logits = self.tensor(inputs)
        flows = self.head.predict(logits, inputs['img'].shape[-2:])
        samples = data_samples or [DataSample() for _ in flows]
        for sample, flow in zip(samples, flows):
            sample.set_field(flow, 'pred_flow')
        if all('gt_flow' in sample for sample in samples):
            gt_flow = stack_field(samples, 'gt_flow')
            losses = self.head.sample_losses(logits, gt_flow).tolist()
            for sample, loss in zip(samples, losses):
                sample.set_field(loss, 'loss')
        return samples
