"""Boxes and keypoints of the same proposals: keypoint R-CNN for mmdet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from mmssl.downstream.detection.heatmaps import (
    heatmaps_to_keypoints,
    keypoints_to_cells,
)
from mmssl.downstream.detection.keypoint_loss import keypoint_loss
from mmssl.registry import MODELS
from mmssl.utils.optional import require

if TYPE_CHECKING:
    from mmdet.models.roi_heads import StandardRoIHead
else:
    StandardRoIHead = require(
        'mmdet.models.roi_heads', 'KeypointRoIHead'
    ).StandardRoIHead


@MODELS.register_module()
class KeypointRoIHead(StandardRoIHead):
    """mmdet's RoI head with a branch for keypoints.

    Training: the branch sees the positive proposals that hold a labelled
    keypoint of their person. Test: the boxes that were found. Its results
    are ``keypoints`` (n, K, 2) in continuous pixels and ``keypoint_scores``
    (n, K) of ``pred_instances``.

    Source: He et al. 2017 (Mask R-CNN) sec. 5, details as in detectron2.
    Deviates: no masks beside the keypoints.

    Args:
        keypoint_roi_extractor: Config of mmdet, features of 14x14 as
            published.
        keypoint_head: Config, e.g. ``dict(type='mmssl.KeypointHead')``.
        keypoint_loss_weight: Defaults to 1.
        **kwargs: Those of :class:`mmdet.models.roi_heads.StandardRoIHead`.

    Raises:
        ValueError: ``mask_head`` was given.
    """

    def __init__(
        self,
        *,
        keypoint_roi_extractor: dict,
        keypoint_head: dict,
        keypoint_loss_weight: float = 1.0,
        **kwargs: Any,
    ) -> None:
        if kwargs.get('mask_head') is not None:
            raise ValueError(
                'KeypointRoIHead has no masks, got mask_head: take it out, '
                "or use mmdet's StandardRoIHead for masks without keypoints"
            )
        super().__init__(**kwargs)
        build = require('mmdet.registry', 'KeypointRoIHead').MODELS.build
        self.keypoint_roi_extractor = build(keypoint_roi_extractor)
        self.keypoint_head = build(keypoint_head)
        self.keypoint_loss_weight = keypoint_loss_weight

    def forward(
        self, x: tuple, rpn_results_list: list, batch_data_samples: Any = None
    ) -> tuple:
        """Return scores, box offsets and heatmaps of all proposals."""
        rois = _as_rois([result.bboxes for result in rpn_results_list])
        results = super().forward(x, rpn_results_list, batch_data_samples)
        return (*results, self._heatmaps(x, rois[:100]))

    def loss(
        self, x: tuple, rpn_results_list: list, batch_data_samples: list
    ) -> dict[str, Tensor]:
        """Return the losses of boxes and keypoints.

        Args:
            x: Feature maps.
            rpn_results_list: Proposals of each image.
            batch_data_samples: Samples; ``gt_instances.keypoints`` is
                (n, K, 3) in pixels of the network's input.
        """
        sampled = [
            self._sample(i, x, proposals, sample)
            for i, (proposals, sample) in enumerate(
                zip(rpn_results_list, batch_data_samples)
            )
        ]
        losses = dict(self.bbox_loss(x, sampled)['loss_bbox'])
        instances = [sample.gt_instances for sample in batch_data_samples]
        losses['loss_keypoint'] = self._keypoint_loss(x, sampled, instances)
        return losses

    def predict(
        self,
        x: tuple,
        rpn_results_list: list,
        batch_data_samples: list,
        rescale: bool = False,
    ) -> list:
        """Return boxes and keypoints of each image.

        Args:
            x: Feature maps.
            rpn_results_list: Proposals of each image.
            batch_data_samples: Their metainfo has ``scale_factor`` (w, h).
            rescale: In pixels of the original image.
        """
        metas = [sample.metainfo for sample in batch_data_samples]
        found = self.predict_bbox(
            x, metas, rpn_results_list, self.test_cfg, rescale=False
        )
        boxes = [result.bboxes for result in found]
        heatmaps = self._heatmaps(x, _as_rois(boxes))
        keypoints = heatmaps_to_keypoints(heatmaps, torch.cat(boxes))
        counts = [len(each) for each in boxes]
        for result, meta, own in zip(found, metas, keypoints.split(counts)):
            factor = own.new_tensor(
                meta['scale_factor'] if rescale else [1, 1]
            )
            result.bboxes = result.bboxes / factor.repeat(2)
            result.keypoints = own[..., :2] / factor
            result.keypoint_scores = own[..., 2]
        return found

    def _sample(self, i: int, x: tuple, proposals: Any, sample: Any) -> Any:
        """Return which proposals of image ``i`` are trained on."""
        proposals.priors = proposals.pop('bboxes')
        assigned = self.bbox_assigner.assign(
            proposals, sample.gt_instances, sample.get('ignored_instances')
        )
        return self.bbox_sampler.sample(
            assigned,
            proposals,
            sample.gt_instances,
            feats=[level[i][None] for level in x],
        )

    def _heatmaps(self, x: tuple, rois: Tensor) -> Tensor:
        """Return (N, K, S, S) logits of (N, 5) boxes with their images."""
        levels = x[: self.keypoint_roi_extractor.num_inputs]
        return self.keypoint_head(self.keypoint_roi_extractor(levels, rois))

    def _keypoint_loss(
        self, x: tuple, sampled: list, instances: list
    ) -> Tensor:
        """Return the loss of the proposals that hold a labelled keypoint."""
        rois = _as_rois([result.pos_priors for result in sampled])
        keypoints = torch.cat(
            [
                gt.keypoints[result.pos_assigned_gt_inds]
                for gt, result in zip(instances, sampled)
            ]
        )
        # The size of the heatmaps is not known before there is one.
        _, valid = keypoints_to_cells(keypoints, rois[:, 1:], 1)
        useful = valid.any(1)
        rois, keypoints = rois[useful], keypoints[useful]
        heatmaps = self._heatmaps(x, rois)
        index, valid = keypoints_to_cells(
            keypoints, rois[:, 1:], heatmaps.shape[-1]
        )
        loss = keypoint_loss(heatmaps, index, valid)
        return loss * self.keypoint_loss_weight


def _as_rois(boxes: list[Tensor]) -> Tensor:
    """Return (N, 5): number of the image in the batch, its boxes."""
    numbered = [
        torch.cat([each.new_full((len(each), 1), i), each], 1)
        for i, each in enumerate(boxes)
    ]
    return torch.cat(numbered)
