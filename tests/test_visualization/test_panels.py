import numpy as np
import pytest

from mmssl.visualization import panels
from mmssl.visualization.error_map import error_to_rgb
from mmssl.visualization.flow_color import flow_to_rgb
from mmssl.visualization.layout import GAP_PX, caption_height


@pytest.fixture
def sample():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (112, 150, 3), dtype=np.uint8)
    gt = rng.normal(size=(112, 150, 2)).astype(np.float32) * 4
    pred = gt + 1.5
    points = np.array([[20, 30], [90, 140]])
    return image, points, gt[points[:, 0], points[:, 1]], gt, pred


def tiles(panel, height, width):
    """Cut a panel into its tiles, without captions and frames."""
    rows = slice(panel.shape[0] - 1 - height, -1)
    step = width + 2 + GAP_PX
    count = (panel.shape[1] + GAP_PX) // step
    lefts = [n * step + 1 for n in range(count)]
    return [panel[rows, left : left + width] for left in lefts]


def test_flow_panel__tiles_hold_the_right_pixels(sample):
    image, _, _, gt, pred = sample
    panel = panels.flow_panel(*sample)
    height, width = 224, 300  # enlarged twice
    assert panel.dtype == np.uint8
    assert panel.shape == (
        height + 2 + caption_height(width + 2),
        4 * (width + 2) + 3 * GAP_PX,
        3,
    )
    shown, target, predicted, error = tiles(panel, height, width)
    assert (shown[::2, ::2] == image).all(axis=-1).mean() > 0.9
    assert (shown[::2, ::2] != image).any()  # the arrows
    radius = max(5.0, np.hypot(gt[..., 0], gt[..., 1]).max())
    np.testing.assert_array_equal(target[::2, ::2], flow_to_rgb(gt, radius))
    # The target's scale, though the prediction is faster.
    np.testing.assert_array_equal(
        predicted[1::2, ::2], flow_to_rgb(pred, radius)
    )
    epe = np.full((112, 150), 1.5 * 2**0.5)
    np.testing.assert_array_equal(error[::2, 1::2], error_to_rgb(epe, 3.0))


def test_flow_panel__guidance_is_drawn_where_it_is(sample):
    image, _, _, gt, pred = sample
    points, vectors = np.array([[60, 100]]), np.array([[0.0, 0.0]])
    panel = panels.flow_panel(image, points, vectors, gt, pred)
    shown = tiles(panel, 224, 300)[0]
    changed = (shown != image.repeat(2, 0).repeat(2, 1)).any(axis=-1)
    rows, cols = np.nonzero(changed)
    # The cross sits on the middle of the 2 x 2 block of pixel (60, 100).
    assert (rows.min() + rows.max()) / 2 == pytest.approx(120.5, abs=1)
    assert (cols.min() + cols.max()) / 2 == pytest.approx(200.5, abs=1)
    assert rows.max() - rows.min() < 16


def test_input_panel__third_tile_is_the_guidance_map(sample):
    image, points, vectors, gt, _ = sample
    panel = panels.input_panel(image, points, vectors, gt)
    _, target, dots = tiles(panel, 224, 300)
    radius = max(5.0, np.hypot(gt[..., 0], gt[..., 1]).max())
    np.testing.assert_array_equal(target[::2, ::2], flow_to_rgb(gt, radius))
    expected = flow_to_rgb(vectors[:, None], radius)[:, 0]
    for (row, col), color in zip(points, expected):
        np.testing.assert_array_equal(dots[2 * row, 2 * col], color)
    assert (dots == 40).all(axis=-1).mean() > 0.98


def test_flow_panel__unknown_target_and_no_guidance():
    image = np.zeros((224, 224, 3), dtype=np.uint8)
    gt = np.full((224, 224, 2), np.nan, dtype=np.float32)
    panel = panels.flow_panel(image, [], [], gt, np.zeros_like(gt))
    _, target, predicted, error = tiles(panel, 224, 224)
    assert (target == 0).all()
    assert (predicted == 255).all()
    assert (error == 128).all()


@pytest.mark.parametrize(
    ('shape', 'factor'), [((224, 900), 1), ((223, 900), 2), ((900, 32), 7)]
)
def test_tile_factor__shorter_side_at_least_224(shape, factor):
    assert panels.tile_factor(shape) == factor
