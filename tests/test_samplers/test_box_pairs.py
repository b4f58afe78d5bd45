"""Box pairs: exact geometry, the published procedure, golden numbers."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mmssl.datasets.transforms.view_record import to_original
from mmssl.samplers.box_options import BoxPairOptions
from mmssl.samplers.box_pairs import sample_box_pairs

GOLDEN = Path(__file__).parents[1] / 'data' / 'golden' / 'scrl_boxes.npz'
SQUARE = ((224, 224), (224, 224))


@pytest.fixture(scope='module')
def golden():
    with np.load(GOLDEN) as data:
        return dict(data)


@pytest.fixture(scope='module')
def crops(golden):
    pair = golden['crops_view1'], golden['crops_view2']
    return np.stack(pair, axis=1).astype(float)


# ---- the published procedure, box by box -----------------------------------


def iou(a, b):
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    both = max(wide, 0) * max(high, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return both / (sum(areas) - both)


def one_axis(length, rng, mode, least=32):
    """Draw start and side of a box on one axis."""
    if mode == 'random':
        side = rng.integers(least, length)
        return rng.integers(0, length - side), side
    parts = rng.integers(1, length // least + 1)
    cell = length / parts
    which = rng.integers(0, parts)
    side = rng.integers(least, int(cell) + 1)
    return rng.integers(0, int(cell - side) + 1) + int(which * cell), side


def in_view(box, corner, coarser, crop):
    """Map x, y, w, h of the shared region to x1, y1, x2, y2 of a view."""
    y, x, h, w, flipped = crop
    across, down = 224 / w, 224 / h
    x_low = box[0] * across / coarser[0] + (corner[0] - x) * across
    y_low = box[1] * down / coarser[1] + (corner[1] - y) * down
    x_high = x_low + box[2] * across / coarser[0]
    y_high = y_low + box[3] * down / coarser[1]
    if flipped:
        x_low, x_high = 224 - x_high, 224 - x_low
    return [x_low, y_low, x_high, y_high]


def jittered(box, rng, amount):
    j = rng.uniform(1 - amount, 1 + amount, 4)
    x1, y1, x2, y2 = box
    left, top = x1 + (x2 - x1) * (j[0] - 1), y1 + (y2 - y1) * (j[1] - 1)
    return [left, top, left + (x2 - x1) * j[2], top + (y2 - y1) * j[3]]


def clipped(box):
    return [max(box[0], 0), max(box[1], 0), min(box[2], 224), min(box[3], 224)]


def published_pairs(crop1, crop2, rng, mode, jitter):
    """Draw the boxes of one image one after another."""
    (y1, x1, h1, w1), (y2, x2, h2, w2) = crop1[:4], crop2[:4]
    corner = max(x1, x2), max(y1, y2)
    wide = min(x1 + w1, x2 + w2) - corner[0]
    high = min(y1 + h1, y2 + h2) - corner[1]
    coarser = min(224 / w1, 224 / w2), min(224 / h1, 224 / h2)
    wide, high = round(wide * coarser[0]), round(high * coarser[1])
    out = [], []
    if wide <= 32 or high <= 32:
        return out
    for _ in range(10):
        for _ in range(50):
            (x, w), (y, h) = (one_axis(n, rng, mode) for n in (wide, high))
            first, second = (
                in_view((x, y, w, h), corner, coarser, crop)
                for crop in (crop1, crop2)
            )
            if jitter:
                second = jittered(second, rng, jitter)
            if all(iou(first, old) < 0.5 for old in out[0]):
                break
        out[0].append(clipped(first))
        out[1].append(clipped(second))
    return out


def loop_boxes(crops, seed, **options):
    """All boxes of the loops, (M, 2, 4), and the image of each."""
    rng = np.random.default_rng(seed)
    boxes, images = [], []
    for n, (first, second) in enumerate(crops.tolist()):
        one, two = published_pairs(first, second, rng, **options)
        boxes += list(zip(one, two))
        images += [n] * len(one)
    return np.array(boxes), np.array(images)


def features(boxes, images):
    """What the distributions are compared by, of (M, 2, 4) boxes."""
    sides = boxes[..., 2:] - boxes[..., :2]
    k = np.searchsorted(images, images[0], side='right')  # the same for all
    first = boxes[:, 0].reshape(-1, k, 4)
    low = np.maximum(first[:, :, None, :2], first[:, None, :, :2])
    high = np.minimum(first[:, :, None, 2:], first[:, None, :, 2:])
    both = np.maximum(high - low, 0).prod(-1)
    area = (first[..., 2:] - first[..., :2]).prod(-1)
    overlap = both / (area[:, :, None] + area[:, None] - both)
    earlier = np.tri(k, k, -1, dtype=bool)
    most = np.where(earlier, overlap, 0).max(2)[:, 1:].ravel()
    found = {'overlap with earlier boxes': most}
    for k in (0, 1):
        found[f'width {k}'] = sides[:, k, 0]
        found[f'height {k}'] = sides[:, k, 1]
        found[f'area {k}'] = sides[:, k].prod(1)
        found[f'left {k}'] = boxes[:, k, 0]
        found[f'top {k}'] = boxes[:, k, 1]
    return found


def assert_same_law(ours, theirs):
    """Kolmogorov and Smirnov's distance stays below that of 1 in 10^4.

    And as many boxes that overlap others in spite of all trials.
    """
    for name, values in ours.items():
        other = theirs[name]
        distance = stats.ks_2samp(values, other).statistic
        size = len(values) * len(other) / (len(values) + len(other))
        assert distance < np.sqrt(-np.log(1e-4 / 2) / 2 / size), name
    forced = [
        (found['overlap with earlier boxes'] >= 0.5)
        for found in (ours, theirs)
    ]
    share = np.concatenate(forced).mean()
    spread = np.sqrt(share * (1 - share) * sum(1 / len(f) for f in forced))
    assert abs(forced[0].mean() - forced[1].mean()) <= 4 * spread


OPTIONS = {
    'grid': dict(mode='grid', jitter=0.0),
    'random': dict(mode='random', jitter=0.0),
    'jitter': dict(mode='grid', jitter=0.1),
}


@pytest.mark.parametrize('name', OPTIONS)
def test_pairs__golden_distributions(golden, crops, name):
    views = golden[f'{name}/view1'], golden[f'{name}/view2']
    images = views[0][:, 0].astype(int)
    published = np.stack([view[:, 1:] for view in views], axis=1)
    options = BoxPairOptions(**OPTIONS[name])
    pairs = sample_box_pairs(crops, SQUARE, options, np.random.default_rng(5))
    # Which images have boxes, and how many, is no matter of chance.
    np.testing.assert_array_equal(pairs.images, images)
    assert_same_law(
        features(pairs.boxes, pairs.images),
        features(published.astype(float), images),
    )


@pytest.mark.parametrize('name', OPTIONS)
def test_pairs__law_of_the_loops(crops, name):
    pairs = sample_box_pairs(
        crops,
        SQUARE,
        BoxPairOptions(**OPTIONS[name]),
        np.random.default_rng(1),
    )
    boxes, images = loop_boxes(crops, 2, **OPTIONS[name])
    np.testing.assert_array_equal(pairs.images, images)
    assert_same_law(
        features(pairs.boxes, pairs.images), features(boxes, images)
    )


def test_pairs__the_test_of_laws_sees_differences(crops):
    """Smaller boxes, another mode, other rejections are all noticed."""
    boxes, images = loop_boxes(crops, 2, mode='grid', jitter=0.0)
    expected = features(boxes, images)
    for wrong in (
        dict(min_size=28),
        dict(mode='random'),
        dict(iou_threshold=1.0),
        dict(iou_threshold=0.4),
        dict(max_trials=2),
    ):
        pairs = sample_box_pairs(
            crops,
            SQUARE,
            BoxPairOptions(**wrong),
            np.random.default_rng(1),
        )
        with pytest.raises(AssertionError):
            assert_same_law(features(pairs.boxes, pairs.images), expected)


# ---- exact geometry --------------------------------------------------------


@pytest.mark.parametrize('name', ['grid', 'random'])
def test_golden__a_pair_is_one_rectangle_of_the_image(golden, crops, name):
    """That our reading of the golden records is right: also mirrored."""
    one, two = (golden[f'{name}/view{k}'] for k in (1, 2))
    inside = np.ones(len(one), bool)
    for view in (one, two):  # clipping changes a box
        inside &= ((view[:, 1:] > 0) & (view[:, 1:] < 224)).all(1)
    assert inside.sum() > 1000
    for a, b in zip(one[inside], two[inside]):
        first, second = crops[int(a[0])]
        np.testing.assert_allclose(
            to_original(a[1:], first, (224, 224)),
            to_original(b[1:], second, (224, 224)),
            atol=1e-3,  # float32
        )


window = st.tuples(
    *(st.integers(0, 400) for _ in range(2)),
    *(st.integers(20, 900) for _ in range(2)),
    st.booleans(),
)
shapes = st.tuples(st.integers(33, 300), st.integers(33, 300))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(window, shapes), min_size=2, max_size=4),
    st.sampled_from(['grid', 'random']),
    st.integers(8, 32),
    st.integers(0, 2**32 - 1),
)
def test_pairs__are_one_rectangle_of_the_image(views, mode, least, seed):
    geometry = np.array([record for record, _ in views], float)
    sizes = [hw for _, hw in views]
    options = BoxPairOptions(
        num_boxes=4, mode=mode, min_size=least, clip=False
    )
    pairs = sample_box_pairs(
        geometry[None], sizes, options, np.random.default_rng(seed)
    )
    assert (pairs.images == 0).all()
    assert (pairs.views[:, 0] < pairs.views[:, 1]).all()
    scale = np.array(sizes) / geometry[:, 2:4]
    for boxes, (a, b) in zip(pairs.boxes, pairs.views):
        first, second = (
            to_original(box, geometry[v], sizes[v])
            for box, v in zip(boxes, (a, b))
        )
        np.testing.assert_allclose(first, second, atol=1e-4)
        # At least min_size px in both, inside both crops but for rounding.
        sides = boxes[:, 2:] - boxes[:, :2]
        assert (sides >= least - 1e-6).all()
        half = 0.5 / np.minimum(scale[a], scale[b]) + 1e-6
        for v in (a, b):
            y, x, h, w, _ = geometry[v]
            assert (first[:2] > [x - 1e-6, y - 1e-6]).all()
            assert (first[2:] < [x + w + half[1], y + h + half[0]]).all()


@settings(max_examples=50, deadline=None)
@given(window, window, shapes, shapes, st.integers(0, 2**32 - 1))
def test_pairs__clipping_only_cuts(a, b, hw_a, hw_b, seed):
    def draw(clip):
        options = BoxPairOptions(num_boxes=3, min_size=16, clip=clip)
        return sample_box_pairs(
            [[a, b]], [hw_a, hw_b], options, np.random.default_rng(seed)
        ).boxes

    whole, cut = draw(False), draw(True)
    for k, (h, w) in enumerate((hw_a, hw_b)):
        expected = np.clip(whole[:, k], 0, [w, h, w, h])
        np.testing.assert_array_equal(cut[:, k], expected)
        assert (cut[:, k, 2:] > cut[:, k, :2]).all()


def test_pairs__mirrored_view_is_the_mirrored_box():
    plain = np.array([[[0, 0, 300, 300, 0], [40, 30, 200, 250, 0]]], float)
    mirrored = plain.copy()
    mirrored[0, 1, 4] = 1
    one, two = (
        sample_box_pairs(
            geometry, SQUARE, BoxPairOptions(), np.random.default_rng(3)
        ).boxes
        for geometry in (plain, mirrored)
    )
    np.testing.assert_array_equal(one[:, 0], two[:, 0])
    back = 224 - two[:, 1, [2, 0]]
    np.testing.assert_allclose(one[:, 1, [0, 2]], back, atol=1e-12)


def test_pairs__jitter_moves_the_second_view_alone():
    geometry = [[[0, 0, 300, 300, 0], [10, 20, 250, 260, 1]]]
    still, moved = (
        sample_box_pairs(
            geometry,
            SQUARE,
            BoxPairOptions(num_boxes=300, jitter=jitter, clip=False),
            np.random.default_rng(3),
        ).boxes
        for jitter in (0.0, 0.1)
    )
    np.testing.assert_array_equal(still[:, 0], moved[:, 0])
    side = still[:, 1, 2:] - still[:, 1, :2]
    shift = (moved[:, 1, :2] - still[:, 1, :2]) / side
    grown = (moved[:, 1, 2:] - moved[:, 1, :2]) / side
    for values, middle in ((shift, 0), (grown, 1)):
        law = stats.uniform(middle - 0.1, 0.2)
        assert stats.kstest(values.ravel(), law.cdf).pvalue > 1e-3


# ---- batches, views, nothing shared ----------------------------------------


def test_pairs__every_two_views(crops):
    views = np.concatenate([crops[:50], crops[50:100]], axis=1)  # 4 views
    sizes = [(224, 224), (224, 160), (96, 96), (128, 192)]
    pairs = sample_box_pairs(
        views, sizes, BoxPairOptions(num_boxes=2), np.random.default_rng(0)
    )
    assert set(map(tuple, pairs.views.tolist())) == {
        *((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))
    }
    key = pairs.images * 16 + pairs.views[:, 0] * 4 + pairs.views[:, 1]
    assert (np.diff(key) >= 0).all()
    assert set(np.unique(key, return_counts=True)[1]) == {2}
    for boxes, two in zip(pairs.boxes, pairs.views):
        for box, v in zip(boxes, two):
            h, w = sizes[v]
            assert (box[:2] >= 0).all()
            assert (box[2:] <= [w, h]).all()


def test_pairs__one_image_is_a_batch_of_one(crops):
    """The law of an image does not depend on what else is in the batch."""
    options = BoxPairOptions(num_boxes=4)
    row = crops[7:8]
    many = sample_box_pairs(
        row.repeat(1000, axis=0), SQUARE, options, np.random.default_rng(0)
    )
    rng = np.random.default_rng(1)
    single = [sample_box_pairs(row, SQUARE, options, rng) for _ in range(300)]
    boxes = np.concatenate([pairs.boxes for pairs in single])
    assert len(boxes) == 1200
    images = np.repeat(np.arange(300), 4)
    assert_same_law(features(many.boxes, many.images), features(boxes, images))


def test_pairs__images_that_share_too_little_have_none():
    geometry = [
        [[0, 0, 100, 100, 0], [0, 100, 100, 100, 0]],  # touching
        [[0, 0, 100, 100, 0], [50, 50, 100, 100, 0]],
        [[0, 0, 100, 100, 0], [0, 200, 100, 100, 0]],  # apart
        [[0, 0, 224, 224, 0], [192, 0, 224, 224, 0]],  # 32 px: too narrow
        [[0, 0, 224, 224, 0], [191, 0, 224, 224, 0]],  # 33 px
    ]
    pairs = sample_box_pairs(
        geometry, SQUARE, BoxPairOptions(), np.random.default_rng(0)
    )
    assert np.unique(pairs.images).tolist() == [1, 4]
    assert len(pairs.boxes) == 20
    none = sample_box_pairs(
        geometry[:1], SQUARE, BoxPairOptions(), np.random.default_rng(0)
    )
    assert none.boxes.shape == (0, 2, 4)
    assert none.views.shape == (0, 2)
    assert none.images.shape == (0,)


@pytest.mark.parametrize('views', [0, 1])
def test_pairs__fewer_than_two_views(views):
    pairs = sample_box_pairs(
        np.ones((3, views, 5)),
        np.ones((views, 2)),
        BoxPairOptions(),
        np.random.default_rng(0),
    )
    assert pairs.boxes.shape == (0, 2, 4)


def test_pairs__stay_inside_padded_images():
    record = [-50, -80, 224, 224, 0]  # an image of 100 x 60 px, padded
    pairs = sample_box_pairs(
        [[record, record]],
        SQUARE,
        BoxPairOptions(num_boxes=50),
        np.random.default_rng(0),
        image_hw=(100, 60),
    )
    low, high = pairs.boxes[..., :2].min((0, 1)), pairs.boxes.max((0, 1))
    assert (low >= [80, 50]).all()
    assert (high[2:] <= [140, 150]).all()


@pytest.mark.parametrize(
    ('geometry', 'shapes', 'message'),
    [
        (np.ones((2, 5)), SQUARE, r'\(N, V, 5\).*got \(2, 5\)'),
        (np.ones((1, 2, 4)), SQUARE, r'\(N, V, 5\).*got \(1, 2, 4\)'),
        (np.ones((1, 3, 5)), SQUARE, r'\(3, 2\) or \(1, 3, 2\), got \(2, 2\)'),
        (
            [[[0, 0, 9, 9, 0], [0, 0, 0, 9, 0]]],
            SQUARE,
            'image 0, view 1: .*0.0, 9.0.*no crop',
        ),
        (
            [[[0, np.nan, 9, 9, 0], [0, 0, 9, 9, 0]]],
            SQUARE,
            'image 0, view 0: .*nan',
        ),
        (np.ones((1, 2, 5)), ((0, 9), (9, 9)), 'view 0: .* no crop'),
    ],
)
def test_pairs__wrong_records(geometry, shapes, message):
    with pytest.raises(ValueError, match=message):
        sample_box_pairs(
            geometry, shapes, BoxPairOptions(), np.random.default_rng(0)
        )
