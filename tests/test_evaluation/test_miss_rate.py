import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmssl.evaluation.miss_rate import (
    FALSE_POSITIVES,
    SETUPS,
    Found,
    People,
    Setup,
    judge,
    log_average_miss_rate,
)

ANYBODY = Setup((0, math.inf), (0, math.inf))


def _people(*boxes, visibility=None, ignored=None):
    number = len(boxes)
    return People(
        np.array(boxes, dtype=float).reshape(-1, 4),
        np.ones(number) if visibility is None else np.array(visibility),
        np.zeros(number, bool) if ignored is None else np.array(ignored),
    )


def _found(*rows):
    table = np.array(rows, dtype=float).reshape(-1, 5)
    return Found(table[:, :4], table[:, 4])


def _box(x, height=100):
    return (x, 0, x + 40, height)


def test_false_positives__the_nine_points_of_the_protocol():
    evenly = 10 ** np.linspace(-2, 0, 9)
    assert evenly == pytest.approx(FALSE_POSITIVES, abs=5e-5)


def test_setups__heights_and_visibilities_of_the_protocol():
    assert SETUPS['reasonable'] == ((50, math.inf), (0.65, math.inf))
    assert SETUPS['small'] == ((50, 75), (0.65, math.inf))
    assert SETUPS['heavy'] == ((50, math.inf), (0.2, 0.65))
    assert SETUPS['all'] == ((20, math.inf), (0.2, math.inf))


def test_miss_rate__by_hand():
    # Ten images of one person: five found for certain, then one false alarm
    # (0.1 for each image), then three more found.
    images = []
    for i in range(10):
        rows = []
        if i < 5:
            rows.append((*_box(0), 0.9))
        if 5 <= i < 8:
            rows.append((*_box(0), 0.3))
        if i == 0:
            rows.append((*_box(300), 0.5))
        images.append((_people(_box(0)), _found(*rows)))
    below, above = 4, 5  # points below 0.1, and from it
    expected = 100 * (0.5**below * 0.2**above) ** (1 / 9)
    assert log_average_miss_rate(images, ANYBODY) == pytest.approx(expected)


def test_miss_rate__all_found_none_found_nobody_there():
    person, nothing = _people(_box(0)), _found()
    right = _found((*_box(0), 0.5))
    assert log_average_miss_rate([(person, right)], ANYBODY) < 1e-7
    assert log_average_miss_rate([(person, nothing)], ANYBODY) == 100
    assert math.isnan(log_average_miss_rate([(_people(), right)], ANYBODY))


def test_miss_rate__false_alarms_before_the_first_point():
    # One alarm for one image is beyond all points but the last.
    rows = _found((*_box(300), 0.9), (*_box(0), 0.5))
    rate = log_average_miss_rate([(_people(_box(0)), rows)], ANYBODY)
    assert rate == pytest.approx(100 * 1e-10 ** (1 / 9))


def test_judge__a_person_is_found_once():
    scores, hits, number = judge(
        _people(_box(0)),
        _found((*_box(2), 0.5), (*_box(0), 0.9), (*_box(1), 0.7)),
        ANYBODY,
    )
    assert list(scores) == [0.9, 0.7, 0.5]
    assert list(hits) == [True, False, False]
    assert number == 1


def test_judge__an_ignored_box_takes_any_number_by_their_own_area():
    # half of the last one lies outside, and its IoU is small anyway
    crowd = _people((0, 0, 400, 100), ignored=[True])
    inside = [(*_box(x), 0.9) for x in (0, 100, 200)]
    scores, hits, number = judge(
        crowd, _found(*inside, (*_box(381), 0.5)), ANYBODY
    )
    assert list(scores) == [0.5]
    assert list(hits) == [False]
    assert number == 0


def test_judge__who_counts_by_height_and_visibility():
    people = _people(
        _box(0, 49),
        _box(100, 50),
        _box(200, 76),
        _box(300, 60),
        visibility=[1.0, 0.65, 1.0, 0.64],
    )
    numbers = {
        name: judge(people, _found(), setup)[2]
        for name, setup in SETUPS.items()
    }
    # the one at 0.65 is on the border of two setups
    assert numbers == dict(reasonable=2, small=1, heavy=2, all=4)


def test_judge__detections_far_outside_the_heights_are_not_looked_at():
    # 50-75 px, a quarter more or less: 40 to 93.75
    rows = [(*_box(100 * i, tall), 0.9) for i, tall in enumerate((39, 40))]
    rows += [(*_box(300, 93), 0.9), (*_box(400, 94), 0.9)]
    scores, _, _ = judge(_people(), _found(*rows), SETUPS['small'])
    assert len(scores) == 2


def test_judge__the_thousand_most_certain():
    rows = [(*_box(0), i / 2000) for i in range(1200)]
    scores, _, _ = judge(_people(), _found(*rows), ANYBODY)
    assert len(scores) == 1000
    assert min(scores) == 200 / 2000


def _naive(images, setup):
    """Return the rate by the protocol's words, one detection at a time."""
    rows, number = [], 0
    for people, found in images:
        real, vague = _split(people, setup)
        number += len(real)
        for score, box in sorted(
            zip(found.scores, map(tuple, found.boxes_xyxy)),
            key=lambda row: -row[0],
        ):
            tall = box[3] - box[1]
            if not setup.heights[0] / 1.25 <= tall < setup.heights[1] * 1.25:
                continue
            fits = [(_iou(box, r), r) for r in real]
            best = max(fits, key=lambda f: f[0], default=(0, None))
            if best[0] >= 0.5:
                real.remove(best[1])
                rows.append((score, True))
            elif not any(_shared(box, v) >= 0.5 * _area(box) for v in vague):
                rows.append((score, False))
    if not number:
        return math.nan
    rows.sort(key=lambda row: -row[0])
    logs = []
    for limit in FALSE_POSITIVES:
        right = wrong = best = 0
        for _, hit in rows:
            right, wrong = right + hit, wrong + (not hit)
            if wrong / len(images) <= limit:
                best = right
        logs.append(math.log(max(1 - best / number, 1e-10)))
    return 100 * math.exp(sum(logs) / 9)


def _split(people, setup):
    real, vague = [], []
    for box, seen, ignored in zip(*people):
        fits = (
            setup.heights[0] <= box[3] - box[1] <= setup.heights[1]
            and setup.visibilities[0] <= seen <= setup.visibilities[1]
            and not ignored
        )
        (real if fits else vague).append(tuple(box))
    return real, vague


def _area(box):
    return (box[2] - box[0]) * (box[3] - box[1])


def _shared(a, b):
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return max(width, 0) * max(height, 0)


def _iou(a, b):
    return _shared(a, b) / (_area(a) + _area(b) - _shared(a, b))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(sorted(SETUPS)))
def test_miss_rate__as_one_detection_at_a_time(seed, name):
    rng = np.random.default_rng(seed)
    images = []
    for _ in range(6):
        # everybody far from the others, so that ties do not occur
        left = 200 * np.arange(4) + rng.uniform(0, 20, 4)
        tall = rng.uniform(15, 120, 4)
        boxes = np.stack([left, 0 * tall, left + tall / 2, tall], axis=1)
        people = People(boxes, rng.uniform(0, 1, 4), rng.random(4) < 0.2)
        rows = np.repeat(boxes, 2, axis=0) * rng.uniform(0.9, 1.1, (8, 1))
        images.append((people, Found(rows, rng.random(8))))
    expected = _naive(images, SETUPS[name])
    actual = log_average_miss_rate(images, SETUPS[name])
    assert actual == pytest.approx(expected, nan_ok=True)
