import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmssl.samplers.box_candidates import draw_candidates
from mmssl.samplers.box_options import BoxPairOptions
from mmssl.samplers.box_rejection import (
    choose_boxes,
    first_block,
    overlapping,
    scan,
)

FAR = np.array([[[-1e3]] * 2, [[1e3]] * 2])


def iou(a, b):
    """IoU of x1, y1, x2, y2, written out."""
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    both = max(wide, 0) * max(high, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return both / (sum(areas) - both)


def cut_off(box, low, high):
    return [
        max(box[0], low[0]),
        max(box[1], low[1]),
        min(box[2], high[0]),
        min(box[3], high[1]),
    ]


def naive(stream, options, low, high):
    """The published loop over a stream of candidates x1, y1, x2, y2."""
    taken = []
    for _ in range(options.num_boxes):
        for _ in range(options.max_trials):
            box = next(stream)
            worst = max(
                (iou(box, cut_off(old, low, high)) for old in taken), default=0
            )
            if not taken or options.iou_threshold == 1:
                break
            if worst < options.iou_threshold:
                break
        taken.append(box)
    return np.array(taken)


def stream_of(size, options, seed):
    """The candidates that choose_boxes draws for one region."""
    rng = np.random.default_rng(seed)
    block = first_block(options)
    while True:
        ends = draw_candidates(
            size, block, options.mode, options.min_size, rng
        )
        yield from ends.reshape(4, block).T.tolist()
        block = 64


@pytest.mark.parametrize('mode', ['grid', 'random'])
@pytest.mark.parametrize(
    ('size', 'k', 'threshold', 'trials'),
    [
        ((190, 150), 10, 0.5, 50),
        ((40, 50), 10, 0.5, 50),  # most are taken after 50 trials
        ((60, 35), 5, 0.3, 7),
        ((224, 100), 30, 0.2, 50),
        ((100, 100), 3, 1.0, 50),
        ((33, 33), 4, 0.5, 1),
        ((90, 90), 70, 0.5, 9),
    ],
)
def test_choose__equals_the_loop(size, k, threshold, trials, mode):
    options = BoxPairOptions(
        num_boxes=k, mode=mode, iou_threshold=threshold, max_trials=trials
    )
    size = np.array(size, float)[:, None]
    low, high = np.array([[0.0], [0.3]]), size - 0.4
    for seed in range(5):
        ends = choose_boxes(
            size, np.stack([low, high]), options, np.random.default_rng(seed)
        )
        got = ends.reshape(4, k).T
        stream = stream_of(size, options, seed)
        expected = naive(stream, options, low[:, 0], high[:, 0])
        np.testing.assert_array_equal(got, expected)


def test_choose__many_regions_keep_apart():
    """Each region's boxes lie in it and obey the threshold, if they can."""
    rng = np.random.default_rng(0)
    size = rng.integers(80, 225, (2, 600)).astype(float)
    border = np.stack([np.zeros_like(size), size])
    options = BoxPairOptions(num_boxes=4, max_trials=400)
    ends = choose_boxes(size, border, options, rng)
    assert (ends[1] <= size[..., None]).all()
    assert (ends[1] - ends[0] >= 32).all()
    boxes = ends.reshape(4, 600, 4).transpose(1, 2, 0)
    worst = [
        max(iou(a, b) for i, a in enumerate(row) for b in row[:i])
        for row in boxes.tolist()
    ]
    assert max(worst) < 0.5


@pytest.mark.parametrize(
    ('k', 'mode', 'expected'),
    [(10, 'grid', 16), (10, 'random', 32), (1, 'grid', 8), (99, 'grid', 64)],
)
def test_first_block__is_a_word(k, mode, expected):
    assert first_block(BoxPairOptions(num_boxes=k, mode=mode)) == expected


def test_choose__no_region():
    ends = choose_boxes(
        np.zeros((2, 0)),
        np.zeros((2, 2, 0)),
        BoxPairOptions(),
        np.random.default_rng(0),
    )
    assert ends.shape == (2, 2, 0, 10)


def boxes_of(boxes):
    """Ends (2, 2, 1, M) of boxes x, y, w, h."""
    x, y, w, h = np.array(boxes, float).T
    return np.array([[x, y], [x + w, y + h]])[:, :, None]


whole = st.integers(0, 30)
box = st.tuples(whole, whole, st.integers(1, 30), st.integers(1, 30))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(box, min_size=1, max_size=5),
    st.lists(box, min_size=1, max_size=5),
    st.sampled_from([0.1, 0.25, 0.5, 0.75]),
)
def test_overlapping__is_iou_at_least_the_threshold(new, old, threshold):
    ends, kept = (boxes_of(b) for b in (new, old))
    border = np.array([[[3.5]] * 2, [[80.0]] * 2])
    kept[1] = np.maximum(kept[1], border[0][..., None] + 1)
    got = overlapping(ends, kept, border, threshold)
    assert got.shape == (1, len(old), len(new))
    for j in range(len(old)):
        b = cut_off(kept[..., 0, j].ravel(), [3.5, 3.5], [80, 80])
        for m, a in enumerate(new):
            value = iou([a[0], a[1], a[0] + a[2], a[1] + a[3]], b)
            if abs(value - threshold) > 1e-6:
                assert got[0, j, m] == (value > threshold)


def test_overlapping__equality_counts_and_empty_boxes_do_not():
    half, full, nothing = (
        boxes_of([box])
        for box in ((0, 0, 10, 5), (0, 0, 10, 10), (0, 0, 0, 0))
    )
    assert overlapping(half, full, FAR, 0.5).item()
    assert not overlapping(half, full, FAR, 0.51).item()
    assert not overlapping(full, nothing, FAR, 0.01).item()


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_scan__equals_a_loop(data):
    length = data.draw(st.integers(1, 12))
    word = st.integers(0, 2**length - 1)
    words = data.draw(st.lists(word, min_size=length, max_size=length))
    blocked = data.draw(word)
    missing = data.draw(st.integers(1, 6))
    trials = data.draw(st.integers(1, 5))
    left = data.draw(st.integers(1, trials))
    taken, rest, now = [], left, blocked
    for i in range(length):
        if len(taken) == missing:
            break
        if now >> i & 1 and rest > 1:
            rest -= 1
            continue
        taken.append(i)
        now |= words[i]
        rest = trials
    assert scan(words, blocked, missing, left, trials) == (taken, rest)
