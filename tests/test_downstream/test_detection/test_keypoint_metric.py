"""COCO's AP of keypoints."""

import json

import numpy as np
import pytest
import torch

pytest.importorskip('mmdet')
from mmssl.downstream.detection.body import KEYPOINTS
from mmssl.downstream.detection.keypoint_metric import (
    FIGURES,
    KeypointMetric,
    coco_rows,
)

pytestmark = pytest.mark.downstream
# Published with the data set: per keypoint, thousandths.
SIGMAS = [26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89]


@pytest.fixture
def content(tmp_path, people):
    return people(tmp_path, 'val', 12, seed=3)


@pytest.fixture
def file(tmp_path, content):
    return str(tmp_path / 'annotations' / 'val.json')


def truth_of(content):
    rows = [a['keypoints'] for a in content['annotations']]
    return np.array(rows, float).reshape(-1, 17, 3)[..., :2]


def judged(file, points, scores, images=None, **kwargs):
    """Give one person for each image to the metric."""
    metric = KeypointMetric(ann_file=file, **kwargs)
    metric.dataset_meta = dict(classes=('person',))
    images = range(1, len(points) + 1) if images is None else images
    samples = [
        dict(
            img_id=image,
            pred_instances=dict(
                scores=torch.tensor([score]),
                labels=torch.zeros(1, dtype=torch.long),
                keypoints=torch.tensor(own[None]).float(),
                keypoint_scores=torch.ones(1, 17),
            ),
        )
        for image, own, score in zip(images, points, scores)
    ]
    metric.process({}, samples)
    return metric.evaluate(len(samples))


def similarity(points, truth, area):
    """Object keypoint similarity, by loops."""
    total = 0.0
    for (x, y), (u, v), sigma in zip(points, truth, SIGMAS):
        spread = (2 * sigma / 1000) ** 2
        total += np.exp(-((x - u) ** 2 + (y - v) ** 2) / (2 * area * spread))
    return total / 17


def average_precision(similarities, scores, people):
    """One person per image: AP over ten thresholds, by loops."""
    order = np.argsort(-np.array(scores), kind='stable')
    each = []
    for threshold in np.arange(0.5, 0.96, 0.05):
        hits = np.cumsum([similarities[i] >= threshold for i in order])
        precision = hits / np.arange(1, len(order) + 1)
        recall = hits / people
        best = [
            max([p for p, r in zip(precision, recall) if r >= level] or [0])
            for level in np.linspace(0, 1, 101)
        ]
        each.append(np.mean(best))
    return np.mean(each)


def test_metric__perfect_people(file, content):
    """Continuous coordinates lie half a pixel beyond COCO's."""
    truth = truth_of(content)
    figures = judged(file, truth + 0.5, [0.9] * 12)
    assert set(figures) == {f'keypoints/{name}' for name in FIGURES}
    assert figures['keypoints/AP'] == pytest.approx(1)
    assert figures['keypoints/AR'] == pytest.approx(1)
    moved = judged(file, truth + 0.5, [0.9] * 12, offset=1.5)
    assert moved['keypoints/AP'] < 0.9


def test_metric__equals_loops(file, content):
    rng = np.random.default_rng(0)
    truth = truth_of(content)
    points = truth + rng.normal(0, 1, truth.shape) * rng.uniform(
        0.5, 4, (12, 1, 1)
    )
    scores = rng.uniform(0.1, 1, 12)
    figures = judged(file, points + 0.5, scores.tolist())
    areas = [a['area'] for a in content['annotations']]
    alike = [similarity(*each) for each in zip(points, truth, areas)]
    expected = average_precision(alike, scores, 12)
    assert 0.2 < expected < 0.9
    assert figures['keypoints/AP'] == pytest.approx(expected, abs=2e-3)


def test_metric__images_that_were_not_tested_do_not_count(file, content):
    truth = truth_of(content)[:3] + 0.5
    assert judged(file, truth, [0.5] * 3)['keypoints/AP'] == pytest.approx(1)


def test_metric__nobody_found(file):
    metric = KeypointMetric(ann_file=file, prefix='kp')
    metric.dataset_meta = dict(classes=('person',))
    empty = dict(
        scores=torch.zeros(0),
        labels=torch.zeros(0, dtype=torch.long),
        keypoints=torch.zeros(0, 17, 2),
        keypoint_scores=torch.zeros(0, 17),
    )
    metric.process({}, [dict(img_id=1, pred_instances=empty)])
    assert metric.evaluate(1) == {f'kp/{name}': 0 for name in FIGURES}


def test_metric__nobody_to_be_found(tmp_path, people):
    content = people(tmp_path, 'none', 2)
    content['annotations'] = []
    file = tmp_path / 'none.json'
    file.write_text(json.dumps(content))
    figures = judged(str(file), np.zeros((2, 17, 2)), [0.5] * 2)
    assert set(figures.values()) == {-1}


def test_metric__writes_what_coco_takes(file, content, tmp_path):
    out = tmp_path / 'results.json'
    truth = truth_of(content)
    judged(file, truth + 0.5, [0.25] * 12, outfile=str(out))
    rows = json.loads(out.read_text())
    assert [row['image_id'] for row in rows] == list(range(1, 13))
    assert rows[3]['score'] == pytest.approx(0.25)
    triples = np.array(rows[3]['keypoints']).reshape(17, 3)
    np.testing.assert_allclose(triples[:, :2], truth[3], atol=1e-4)


def test_metric__other_spreads(file, content):
    points = truth_of(content) + 3.5
    tight = judged(file, points, [0.5] * 12, sigmas=[0.01] * 17)
    loose = judged(file, points, [0.5] * 12, sigmas=[1.0] * 17)
    assert tight['keypoints/AP'] == 0
    assert loose['keypoints/AP'] == pytest.approx(1)


def test_rows__labels_are_categories():
    result = dict(
        img_id=5,
        scores=np.array([0.5]),
        labels=np.array([1]),
        keypoints=np.array([[[1.0, 2.0]]]),
        keypoint_scores=np.array([[0.25]]),
    )
    assert coco_rows(result, [4, 9]) == [
        dict(image_id=5, category_id=9, keypoints=[0.5, 1.5, 0.25], score=0.5)
    ]


def test_names__are_as_many_as_spreads():
    assert len(KEYPOINTS) == len(SIGMAS)
