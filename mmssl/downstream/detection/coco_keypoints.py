"""COCO's person keypoints for mmdet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mmssl.downstream.detection.body import KEYPOINTS, flip_indices
from mmssl.registry import DATASETS
from mmssl.utils.optional import require

if TYPE_CHECKING:
    from mmdet.datasets import CocoDataset
else:
    CocoDataset = require('mmdet.datasets', 'KeypointCocoDataset').CocoDataset


@DATASETS.register_module()
class KeypointCocoDataset(CocoDataset):
    """mmdet's ``CocoDataset`` of persons, with their keypoints.

    Records have ``flip_indices``, and each instance has ``keypoints``, (K, 3)
    as in the file (indices of pixels); zeros where the file has none, as for
    a crowd. ``filter_cfg=dict(min_keypoints=1)`` leaves out images without
    a labelled keypoint, as detectron2 does.

    Args:
        *args: Those of :class:`mmdet.datasets.CocoDataset`.
        **kwargs: Likewise. ``metainfo=dict(classes, keypoints)`` for other
            names than COCO's; those of keypoints tell left from right.

    Raises:
        ValueError: An instance has another number of keypoints than named.
    """

    METAINFO = {
        'classes': ('person',),
        'palette': [(220, 20, 60)],
        'keypoints': KEYPOINTS,
    }

    def parse_data_info(self, raw_data_info: dict) -> dict:
        """Return the record of one image."""
        image = raw_data_info['raw_img_info']
        parse = super().parse_data_info
        record = parse(dict(raw_img_info=image, raw_ann_info=[]))
        record['flip_indices'] = flip_indices(self.metainfo['keypoints'])
        # One at a time: the host leaves some out and does not say which.
        for annotation in raw_data_info['raw_ann_info']:
            one = dict(raw_img_info=image, raw_ann_info=[annotation])
            for instance in parse(one)['instances']:
                instance['keypoints'] = self._keypoints_of(annotation)
                record['instances'].append(instance)
        return record

    def filter_data(self) -> list[dict]:
        """Return the records that ``filter_cfg`` leaves."""
        records = super().filter_data()
        least = (self.filter_cfg or {}).get('min_keypoints', 0)
        if self.test_mode or not least:
            return records
        return [r for r in records if labelled_keypoints(r) >= least]

    def _keypoints_of(self, annotation: dict) -> np.ndarray:
        """Return (K, 3) float32 of one annotation."""
        count = len(self.metainfo['keypoints'])
        given = annotation.get('keypoints')
        if not given or annotation.get('iscrowd', 0):
            return np.zeros((count, 3), np.float32)
        if len(given) != 3 * count:
            raise ValueError(
                f'{self.ann_file}: annotation {annotation.get("id")} has '
                f'{len(given) / 3:g} keypoints, metainfo names {count}: '
                'give metainfo=dict(keypoints=...) with their names'
            )
        return np.array(given, np.float32).reshape(count, 3)


def labelled_keypoints(record: dict) -> int:
    """Return how many keypoints of a record are labelled, without crowds.

    Example:
        >>> one = dict(keypoints=np.array([[1, 1, 2], [0, 0, 0]]))
        >>> labelled_keypoints(dict(instances=[one]))
        1
    """
    return sum(
        int((np.asarray(instance['keypoints'])[:, 2] > 0).sum())
        for instance in record['instances']
        if not instance.get('ignore_flag', 0)
    )
