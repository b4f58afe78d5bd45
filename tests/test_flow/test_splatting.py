import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmssl.flow.splatting import splat_nearest, splat_weighted


def picture(height=9, width=12, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(1, 255, (height, width, 3), dtype=np.uint8)


def random_flow(height=9, width=12, seed=0, speed=3.0):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(height, width, 2)) * speed).astype(np.float32)


def naive_nearest(image, flow, outside):
    """The published rule, pixel by pixel."""
    height, width = flow.shape[:2]
    warped, hole = np.zeros_like(image), np.ones((height, width), bool)
    pixels = [(r, c) for r in range(height) for c in range(width)]
    pixels.sort(key=lambda p: float(flow[p][0]) ** 2 + float(flow[p][1]) ** 2)
    for row, col in pixels:
        x, y = col + int(flow[row, col, 0]), row + int(flow[row, col, 1])
        if outside == 'clamp':
            x, y = min(max(x, 0), width - 1), min(max(y, 0), height - 1)
        if 0 <= x < width and 0 <= y < height:
            warped[y, x], hole[y, x] = image[row, col], False
    return warped, hole


def naive_weighted(image, flow, sharpness):
    height, width = image.shape[:2]
    flow = flow.astype(np.float64)
    total = np.zeros((height, width))
    coverage = np.zeros((height, width))
    sums = np.zeros(image.shape)
    top = max(np.hypot(*flow[r, c]) for r, c in np.ndindex(height, width))
    for row, col in np.ndindex(height, width):
        u, v = flow[row, col]
        z = np.exp(sharpness * (np.hypot(u, v) - top) / max(1.0, top))
        for y in range(height):
            for x in range(width):
                w = max(0, 1 - abs(col + u - x)) * max(0, 1 - abs(row + v - y))
                coverage[y, x] += w
                total[y, x] += w * z
                sums[y, x] += w * z * image[row, col]
    warped = np.zeros(image.shape)
    known = total > 0
    warped[known] = sums[known] / total[known][:, None]
    return warped, coverage


@pytest.mark.parametrize('outside', ['clamp', 'drop'])
@pytest.mark.parametrize('seed', range(5))
def test_splat_nearest__equals_the_loop(outside, seed):
    image, flow = picture(seed=seed), random_flow(seed=seed)
    flow[2:4] = 1.5, -2.5  # ties
    warped, hole = splat_nearest(image, flow, outside)
    expected, holes = naive_nearest(image, flow, outside)
    assert holes.any()
    np.testing.assert_array_equal(warped, expected)
    np.testing.assert_array_equal(hole, holes)


@pytest.mark.parametrize('sharpness', [0.0, 5.0, 20.0])
def test_splat_weighted__equals_the_loop(sharpness):
    image, flow = picture(), random_flow()
    warped, coverage = splat_weighted(image, flow, sharpness)
    expected, covered = naive_weighted(image, flow, sharpness)
    np.testing.assert_allclose(coverage, covered, atol=1e-12)
    np.testing.assert_allclose(warped, expected, atol=1e-6)


@settings(max_examples=30, deadline=None)
@given(dx=st.integers(-9, 9), dy=st.integers(-7, 7))
def test_splats__whole_pixels_shift_exactly(dx, dy):
    image = picture()
    height, width = image.shape[:2]
    flow = np.zeros((height, width, 2), np.float32) + np.float32((dx, dy))
    expected = np.zeros_like(image)
    hole = np.ones((height, width), bool)
    for row in range(height):
        for col in range(width):
            if 0 <= row - dy < height and 0 <= col - dx < width:
                expected[row, col] = image[row - dy, col - dx]
                hole[row, col] = False
    warped, holes = splat_nearest(image, flow)
    np.testing.assert_array_equal(warped, expected)
    np.testing.assert_array_equal(holes, hole)
    blend, coverage = splat_weighted(image, flow)
    np.testing.assert_array_equal(blend, expected)
    np.testing.assert_array_equal(coverage, 1.0 - hole)


def test_splats__no_motion_is_the_same_image():
    image = picture()
    still = np.zeros((9, 12, 2), np.float32)
    warped, hole = splat_nearest(image, still)
    np.testing.assert_array_equal(warped, image)
    assert not hole.any()
    blend, coverage = splat_weighted(image, still)
    np.testing.assert_array_equal(blend, image)
    assert (coverage == 1).all()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), speed=st.floats(0, 3))
def test_splat_weighted__keeps_all_weight_that_stays_inside(seed, speed):
    flow = np.zeros((20, 20, 2), np.float32)
    inner = np.random.default_rng(seed).uniform(-speed, speed, (12, 12, 2))
    flow[4:16, 4:16] = inner
    image = picture(20, 20, seed)
    warped, coverage = splat_weighted(image, flow)
    assert coverage.sum() == pytest.approx(400)
    # an average lies between what it averages
    assert warped[coverage > 0].min() >= image.min() - 1e-9
    assert warped.max() <= image.max() + 1e-9


def test_splats__the_faster_is_in_front():
    image = np.array([[[10], [20], [30], [40]]], np.uint8)
    flow = np.zeros((1, 4, 2), np.float32)
    flow[0, 0, 0], flow[0, 1, 0] = 3, 2  # both on the last pixel
    warped, _ = splat_nearest(image, flow)
    assert warped[0, :, 0].tolist() == [0, 0, 30, 10]
    blend, coverage = splat_weighted(image, flow)
    assert coverage[0].tolist() == [0, 0, 1, 3]
    assert blend[0, 3, 0] == pytest.approx(10, abs=0.1)
    mixed, _ = splat_weighted(image, flow, sharpness=0)
    assert mixed[0, 3, 0] == pytest.approx((10 + 20 + 40) / 3)


def test_splats__mistakes():
    with pytest.raises(ValueError, match=r'got \(9, 12, 3\) and \(9, 11, 2\)'):
        splat_nearest(picture(), np.zeros((9, 11, 2)))
    with pytest.raises(ValueError, match='needs flow'):
        splat_weighted(picture()[..., 0], np.zeros((9, 12, 2)))
    with pytest.raises(ValueError, match=r"\['clamp', 'drop'\], got 'wrap'"):
        splat_nearest(picture(), np.zeros((9, 12, 2)), 'wrap')
