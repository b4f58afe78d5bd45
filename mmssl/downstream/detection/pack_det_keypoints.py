"""End of a data pipeline with boxes and keypoints."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from mmcv.transforms import BaseTransform

from mmssl.registry import TRANSFORMS
from mmssl.utils.optional import require


@TRANSFORMS.register_module()
class PackDetKeypoints(BaseTransform):
    """mmdet's ``PackDetInputs``, and the keypoints beside the boxes.

    Args:
        **kwargs: Those of :class:`mmdet.datasets.transforms.PackDetInputs`.

    Required Keys:
        - gt_keypoints: (N, K, 3)
        - gt_ignore_flags (optional): crowds, whose rows go to
          ``ignored_instances``
        - those of PackDetInputs

    Added Keys:
        - data_samples.gt_instances.keypoints: (n, K, 3) float32
        - data_samples.ignored_instances.keypoints
    """

    def __init__(self, **kwargs: Any) -> None:
        module = require('mmdet.datasets.transforms', 'PackDetKeypoints')
        self.pack = module.PackDetInputs(**kwargs)

    def transform(self, results: dict) -> dict:
        """Return ``dict(inputs, data_samples)``."""
        packed = self.pack(results)
        keypoints = np.ascontiguousarray(results['gt_keypoints'], np.float32)
        flags = results.get('gt_ignore_flags', np.zeros(len(keypoints)))
        ignored = np.asarray(flags) == 1
        sample = packed['data_samples']
        sample.gt_instances.keypoints = torch.from_numpy(keypoints[~ignored])
        if 'gt_ignore_flags' in results:
            rest = torch.from_numpy(keypoints[ignored])
            sample.ignored_instances.keypoints = rest
        return packed

    def __repr__(self) -> str:
        return f'{type(self).__name__}({self.pack})'
