import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mmengine.config import Config

from mmssl.apis.working_size import (
    checked_arrows,
    pipeline_sizes,
    plan_size,
    resize_map,
)
from mmssl.datasets.transforms.image_flow import (
    CropImageFlow,
    ResizeImageFlow,
)


def picture(height, width):
    rng = np.random.default_rng(0)
    return rng.integers(0, 255, (height, width, 3), dtype=np.uint8)


def test_plan_size__sides():
    assert plan_size((64, 96)).padded_hw == (64, 96)
    assert plan_size((65, 96)).padded_hw == (96, 96)
    size = plan_size((100, 300), short_size=50)
    assert (size.resized_hw, size.padded_hw) == ((50, 150), (64, 160))
    # the limit of the longer side goes first
    size = plan_size((100, 300), short_size=50, long_size=120)
    assert size.resized_hw == (40, 120)
    assert plan_size((100, 300), long_size=400).resized_hw == (100, 300)
    with pytest.raises(ValueError, match='at least 1 px'):
        plan_size((10, 10), short_size=0)


def test_image__is_that_of_the_transforms():
    image = picture(70, 110)
    size = plan_size((70, 110), short_size=50)
    assert size.padded_hw == (64, 96)
    results = ResizeImageFlow(short_size=50)(dict(img=image))
    results = CropImageFlow(size=(64, 96), mode='center')(results)
    np.testing.assert_array_equal(size.image(image), results['img'])


def test_guidance__pixels_of_the_same_place():
    """The network's pixel holds the centre of the image's, naively."""
    size = plan_size((50, 80), short_size=30)  # 30 x 48 in 32 x 64
    assert size.resized_hw == (30, 48)
    top, left = 1, 8
    for x, y in ((0, 0), (79, 49), (79.9, 49.9), (33, 20), (40.7, 12.2)):
        points, vectors = size.guidance([(x, y, 10, -5)])
        row = int((int(y) + 0.5) * 30 / 50) + top
        col = int((int(x) + 0.5) * 48 / 80) + left
        assert points.tolist() == [[row, col]]
        np.testing.assert_allclose(vectors, [[6, -3]], rtol=1e-6)


def test_guidance__without_a_resize_nothing_changes():
    size = plan_size((64, 96))
    arrows = [(3, 5, 1.5, -2), (95, 63, 0, 0)]
    points, vectors = size.guidance(arrows)
    assert points.tolist() == [[5, 3], [63, 95]]
    assert vectors.tolist() == [[1.5, -2], [0, 0]]
    assert points.dtype == np.int64
    assert vectors.dtype == np.float32


def test_guidance__the_last_of_two_in_one_pixel():
    size = plan_size((64, 64))
    arrows = [(3, 5, 1, 0), (9, 9, 2, 0), (3.5, 5, 3, 0)]
    points, vectors = size.guidance(arrows)
    assert points.tolist() == [[9, 9], [5, 3]]
    assert vectors[:, 0].tolist() == [2, 3]


def test_flow__comes_back_in_the_pixels_of_the_image():
    """A linear field stays linear away from the border."""
    size = plan_size((60, 90), short_size=120)  # doubled, padded to 128 x 192
    h, w = size.padded_hw
    assert (h, w) == (128, 192)
    top, left = 4, 6
    rows, cols = np.mgrid[:h, :w].astype(np.float32)
    x, y = (cols - left + 0.5) / 2, (rows - top + 0.5) / 2  # of the image
    flow = size.flow(np.stack([2 * (x + y), 2 * (x - 3 * y)], axis=-1))
    rows, cols = np.mgrid[:60, :90] + 0.5
    expected = np.stack([cols + rows, cols - 3 * rows], axis=-1)
    assert flow.shape == (60, 90, 2)
    inside = slice(2, -2)
    np.testing.assert_allclose(
        flow[inside, inside], expected[inside, inside], atol=1e-3
    )


def test_flow__unequal_ratios_of_the_axes():
    size = plan_size((33, 100), short_size=10)
    h, w = size.resized_hw  # 10 x 30: the longer side was rounded down
    assert (h, w) == (10, 30)
    flow = np.ones((*size.padded_hw, 2), np.float32)
    back = size.flow(flow)
    np.testing.assert_allclose(back[..., 0], 100 / 30, rtol=1e-6)
    np.testing.assert_allclose(back[..., 1], 33 / 10, rtol=1e-6)


def test_flow__without_a_resize_is_cut_out_to_the_bit():
    size = plan_size((30, 64))
    flow = np.random.default_rng(0).normal(size=(32, 64, 2))
    flow = flow.astype(np.float32)
    np.testing.assert_array_equal(size.flow(flow), flow[1:31])


@settings(max_examples=50, deadline=None)
@given(
    hw=st.tuples(st.integers(1, 200), st.integers(1, 200)),
    short=st.one_of(st.none(), st.integers(1, 150)),
    at=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_guidance__always_inside_and_uniform_flow_returns(hw, short, at):
    size = plan_size(hw, short, 500)
    x = min(at[0] * hw[1], hw[1] - 1e-6)
    y = min(at[1] * hw[0], hw[0] - 1e-6)
    points, vectors = size.guidance([(x, y, 3.0, -4.0)])
    (row, col), (top, left) = points[0], size.corner
    assert top <= row < top + size.resized_hw[0]
    assert left <= col < left + size.resized_hw[1]
    assert all(side % 32 == 0 for side in size.padded_hw)
    field = np.zeros((*size.padded_hw, 2), np.float32) + vectors[0]
    flow = size.flow(field)
    assert flow.shape == (*hw, 2)
    np.testing.assert_allclose(flow[..., 0], 3.0, rtol=1e-4)
    np.testing.assert_allclose(flow[..., 1], -4.0, rtol=1e-4)


def test_checked_arrows__what_is_wrong():
    for none in (None, [], np.empty((0, 4))):
        assert checked_arrows(none, (4, 4)).shape == (0, 4)
    with pytest.raises(ValueError, match=r'list of \(x, y, dx, dy\)'):
        checked_arrows((1, 2, 3, 4), (9, 9))
    with pytest.raises(ValueError, match='finite'):
        checked_arrows([(1, 1, np.nan, 0)], (9, 9))
    with pytest.raises(
        ValueError, match=r'arrow 1 at x=9, y=0 is outside .* 9 x 5 px'
    ):
        checked_arrows([(8.9, 4.9, 0, 0), (9, 0, 0, 0)], (5, 9))
    with pytest.raises(ValueError, match=r'arrow 0 at x=-0\.5'):
        checked_arrows([(-0.5, 0, 0, 0)], (5, 9))


def test_resize_map__averages_where_it_shrinks():
    values = np.zeros((8, 8, 1), np.float32)
    values[::2] = 1  # stripes vanish to their mean, none is picked
    small = resize_map(values, (2, 2))
    np.testing.assert_allclose(small, 0.5, atol=0.07)


def test_pipeline_sizes__of_the_validation():
    assert pipeline_sizes(Config(dict())) == (None, None)
    names = {
        'cmp_r18_cpu-demo': (128, 128),
        'cmp_r50_1xb32-20k_online': (333, 256),
    }
    for name, sizes in names.items():
        config = Config.fromfile(f'configs/cmp/{name}.py')
        assert pipeline_sizes(config) == sizes
