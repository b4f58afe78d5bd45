"""COCO's average precision of keypoints."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric
from mmengine.fileio import dump, get_local_path
from mmengine.logging import MMLogger

from mmssl.registry import METRICS
from mmssl.utils.optional import require

# COCO's figures in the order in which pycocotools gives them.
FIGURES = (
    *('AP', 'AP50', 'AP75', 'APm', 'APl'),
    *('AR', 'AR50', 'AR75', 'ARm', 'ARl'),
)


@METRICS.register_module()
class KeypointMetric(BaseMetric):
    """AP and AR over object keypoint similarity, by pycocotools.

    A person's OKS = mean over labelled keypoints of
    exp(-d² / (2 · area · (2 sigma)²)); found persons are matched by it and
    ranked by the score of their box; AP is the mean over the thresholds
    0.5, 0.55 ... 0.95, 20 persons in an image count.

    Args:
        ann_file: COCO json file with keypoints.
        sigmas: (K,) spread of each keypoint; None: COCO's of 17.
        offset: Added to x and y before they are compared; -0.5 turns
            continuous coordinates into the indices of pixels that COCO's
            labels are. Defaults to -0.5.
        outfile: Write the results into this json file, as COCO's server
            takes them. Defaults to None.
        **kwargs: ``collect_device``, ``prefix`` (defaults to 'keypoints'),
            ``collect_dir`` of :class:`mmengine.evaluator.BaseMetric`.

    Returns (of ``evaluate``): AP, AP50, AP75, APm, APl, AR, AR50, AR75, ARm,
        ARl in [0, 1]; -1 where the file has no person of that size.
    """

    default_prefix = 'keypoints'

    def __init__(
        self,
        ann_file: str,
        sigmas: Sequence[float] | None = None,
        offset: float = -0.5,
        outfile: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.sigmas = None if sigmas is None else np.array(sigmas)
        self.offset = offset
        self.outfile = outfile
        api = require('pycocotools.coco', 'KeypointMetric')
        with get_local_path(ann_file) as path:
            self.truth = api.COCO(path)

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keep the predictions of a batch.

        Args:
            data_batch: Not used.
            data_samples: Each with 'img_id' and 'pred_instances': scores
                (n,), labels (n,), keypoints (n, K, 2), keypoint_scores
                (n, K).
        """
        for sample in data_samples:
            found = sample['pred_instances']
            kept = {
                key: found[key].cpu().numpy()
                for key in ('scores', 'labels', 'keypoints', 'keypoint_scores')
            }
            self.results.append(dict(kept, img_id=sample['img_id']))

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Return COCO's ten figures."""
        categories = self.truth.getCatIds(catNms=self.dataset_meta['classes'])
        rows = [
            row
            for result in results
            for row in coco_rows(result, categories, self.offset)
        ]
        if self.outfile is not None:
            dump(rows, self.outfile)
        if not rows:
            MMLogger.get_current_instance().warning(
                'no person was found in any image: AP and AR are 0'
            )
            return OrderedDict((name, 0.0) for name in FIGURES)
        images = sorted({result['img_id'] for result in results})
        return self._evaluate(rows, images, categories)

    def _evaluate(
        self, rows: list[dict], images: list, categories: list
    ) -> dict[str, float]:
        """Let pycocotools compare results with labels."""
        module = require('pycocotools.cocoeval', 'KeypointMetric')
        judge = module.COCOeval(
            self.truth, self.truth.loadRes(rows), 'keypoints'
        )
        judge.params.imgIds = images
        judge.params.catIds = categories
        if self.sigmas is not None:
            judge.params.kpt_oks_sigmas = self.sigmas
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
        return OrderedDict(zip(FIGURES, map(float, judge.stats)))


def coco_rows(
    result: dict, categories: Sequence[int], offset: float = -0.5
) -> list[dict]:
    """Return one image's persons as COCO's results.

    Args:
        result: img_id, scores (n,), labels (n,), keypoints (n, K, 2),
            keypoint_scores (n, K); numpy.
        categories: COCO's number of each label.
        offset: Added to x and y.

    Returns:
        For each person image_id, category_id, keypoints (x, y, score) * K,
        score of the box.
    """
    rows = []
    for i, label in enumerate(result['labels'].tolist()):
        points = result['keypoints'][i] + offset
        scores = result['keypoint_scores'][i][:, None]
        triples = np.concatenate([points, scores], 1)
        rows.append(
            dict(
                image_id=result['img_id'],
                category_id=categories[label],
                keypoints=triples.astype(float).ravel().tolist(),
                score=float(result['scores'][i]),
            )
        )
    return rows
