import math

import numpy as np
import pytest
import torch

from mmssl.probes.segmentation_scores import (
    add_confusion_,
    predicted_mask,
    segmentation_scores,
)


def test_scores__against_sets_of_pixels():
    rng = np.random.default_rng(0)
    true, found = rng.integers(-1, 4, 500), rng.integers(0, 6, 500)
    found = np.where(rng.random(500) < 0.6, true.clip(0), found)
    confusion = torch.zeros(6, 6, dtype=torch.int64)
    for part in (slice(0, 200), slice(200, 500)):
        add_confusion_(
            confusion,
            torch.from_numpy(found[part]),
            torch.from_numpy(true[part]),
        )
    scores = segmentation_scores(confusion)
    kept = true >= 0
    true, found = true[kept], found[kept]
    ious, recalls = [], []
    for kind in range(4):
        of_it, to_it = (
            set(np.flatnonzero(true == kind)),
            set(np.flatnonzero(found == kind)),
        )
        ious.append(100 * len(of_it & to_it) / len(of_it | to_it))
        recalls.append(100 * len(of_it & to_it) / len(of_it))
    assert scores.miou == pytest.approx(np.mean(ious))
    assert scores.mean_accuracy == pytest.approx(np.mean(recalls))
    assert scores.pixel_accuracy == pytest.approx(100 * (true == found).mean())
    assert scores.iou[:4] == pytest.approx(ious)
    assert all(math.isnan(value) for value in scores.iou[4:])
    assert scores.absent('abcdef') == ['e', 'f']
    assert scores.pixels == len(true)


def test_scores__errors():
    with pytest.raises(ValueError, match=r'shape \(2, 3\)'):
        segmentation_scores(np.ones((2, 3)))
    with pytest.raises(ValueError, match='with 0 pixels'):
        segmentation_scores(np.zeros((2, 2)))


def test_predicted__scores_are_brought_to_the_size_of_the_mask():
    scores = torch.tensor([[[0.0, 1.0]], [[0.4, 0.6]]])
    # Class 0 is the best from 0.2 s = 0.4 on, of s in 0 .. 1 across.
    across = ((torch.arange(10) + 0.5) / 10 * 2 - 0.5).clamp(0, 1)
    expected = (across < 0.5).long()
    assert predicted_mask(scores, (3, 10)).tolist() == [expected.tolist()] * 3
    assert predicted_mask(torch.zeros(3, 2, 2), (1, 1)).tolist() == [[0]]
