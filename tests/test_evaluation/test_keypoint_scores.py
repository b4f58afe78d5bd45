import math

import numpy as np
import pytest

from mmssl.evaluation.keypoint_scores import (
    COCO_SIGMAS,
    OKS_THRESHOLDS,
    keypoint_distances,
    oks,
    oks_ap,
    pck,
)


@pytest.fixture
def people():
    rng = np.random.default_rng(0)
    true = rng.uniform(0, 100, (12, 17, 3))
    true[..., 2] = rng.integers(0, 3, (12, 17))
    true[3, :, 2] = 0
    predicted = true[..., :2] + rng.normal(0, 4, (12, 17, 2))
    return predicted, true, rng.uniform(40, 90, 12), rng.uniform(900, 2e3, 12)


def test_pck__equal_to_loops(people):
    predicted, true, sizes, _ = people
    for threshold in (0.02, 0.05, 0.1):
        shares = []
        for k in range(17):
            right = [
                math.dist(p[k], t[k][:2]) <= threshold * size
                for p, t, size in zip(predicted, true, sizes)
                if t[k][2] > 0
            ]
            shares.append(sum(right) / len(right))
        found = pck(keypoint_distances(predicted, true), sizes, threshold)
        assert found == pytest.approx(100 * sum(shares) / 17)


def test_pck__a_keypoint_that_nobody_has_does_not_count():
    far = [[1.0, np.nan], [3.0, np.nan]]
    assert pck(far, [10, 10], 0.1) == 50
    # The border belongs to the right ones.
    assert pck(far, [10, 10], 0.3) == 100


def test_oks__equal_to_loops(people):
    predicted, true, _, areas = people
    found = oks(keypoint_distances(predicted, true), areas)
    for place, (p, t, area) in enumerate(zip(predicted, true, areas)):
        parts = [
            math.exp(-(math.dist(a, b[:2]) ** 2) / (2 * area * (2 * s) ** 2))
            for a, b, s in zip(p, t, COCO_SIGMAS)
            if b[2] > 0
        ]
        if parts:
            assert found[place] == pytest.approx(sum(parts) / len(parts))
        else:
            assert place == 3
            assert np.isnan(found[place])


def naive_ap(similarity, scores, threshold):
    order = sorted(range(len(scores)), key=lambda i: (-scores[i], i))
    points, right = [], 0
    for rank, i in enumerate(order, 1):
        right += similarity[i] >= threshold
        points.append((right / len(order), right / rank))
    best = [
        max([p for r, p in points if r >= recall], default=0)
        for recall in np.linspace(0, 1, 101)
    ]
    return sum(best) / 101


def test_ap__equal_to_loops():
    rng = np.random.default_rng(1)
    for _ in range(5):
        similarity = rng.uniform(0, 1, 9)
        scores = rng.integers(0, 4, 9) / 4  # with ties
        expected = np.mean(
            [naive_ap(similarity, scores, t) for t in OKS_THRESHOLDS]
        )
        assert oks_ap(similarity, scores) == pytest.approx(100 * expected)


def test_ap__by_hand():
    # Right, wrong, right: precision 1 up to recall 1/3 (34 of 101 places),
    # 2/3 up to 2/3 (33 more), then nothing.
    found = oks_ap([0.9, 0.1, 0.6], [3, 2, 1], (0.5,))
    assert found == pytest.approx(100 * (34 + 33 * 2 / 3) / 101)
    assert oks_ap([1.0, np.nan], [0, 9], (0.5, 0.95)) == 100
    assert oks_ap([0.4], [0], (0.5,)) == 0


@pytest.mark.downstream
def test_ap__equal_to_pycocotools(people):
    """With one person in each image, which a prediction cannot mistake."""
    coco = pytest.importorskip('pycocotools.coco').COCO
    evaluation = pytest.importorskip('pycocotools.cocoeval').COCOeval
    predicted, true, _, areas = people
    scores = np.random.default_rng(2).integers(0, 6, 12) / 6
    truth = coco()
    truth.dataset = dict(
        images=[dict(id=i) for i in range(12)],
        categories=[dict(id=1, name='person')],
        annotations=[
            dict(
                **dict(id=i + 1, image_id=i, category_id=1, iscrowd=0),
                **dict(area=area, bbox=[0, 0, 9, 9]),
                keypoints=points.ravel().tolist(),
                num_keypoints=int((points[:, 2] > 0).sum()),
            )
            for i, (points, area) in enumerate(zip(true, areas))
        ],
    )
    truth.createIndex()
    guesses = truth.loadRes(
        [
            dict(
                **dict(image_id=i, category_id=1, score=float(score)),
                keypoints=np.c_[points, np.ones(17)].ravel().tolist(),
            )
            for i, (points, score) in enumerate(zip(predicted, scores))
            if i != 3  # nobody is labelled there
        ]
    )
    judge = evaluation(truth, guesses, 'keypoints')
    judge.params.areaRng = [[0, 1e10]]
    judge.params.areaRngLbl = ['all']
    judge.evaluate()
    judge.accumulate()
    expected = judge.eval['precision'][:, :, 0, 0, 0].mean()
    similarity = oks(keypoint_distances(predicted, true), areas)
    found = oks_ap(similarity, scores)
    assert 5 < found < 95
    assert found == pytest.approx(100 * expected)


def test_scores__mistakes():
    with pytest.raises(ValueError, match=r'got \(1, 2, 2\) and \(1, 3, 3\)'):
        keypoint_distances(np.zeros((1, 2, 2)), np.zeros((1, 3, 3)))
    with pytest.raises(ValueError, match='hold nan'):
        keypoint_distances([[[np.nan, 0]]], [[[0, 0, 2]]])
    with pytest.raises(ValueError, match='no keypoint is labelled'):
        pck([[np.nan]], [1], 0.1)
    with pytest.raises(ValueError, match='sizes'):
        pck([[1.0]], [0], 0.1)
    with pytest.raises(ValueError, match='for 17 sigmas'):
        oks([[1.0]], [1])
    with pytest.raises(ValueError, match='somebody who is judged'):
        oks_ap([np.nan], [1])
