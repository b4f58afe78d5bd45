import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.model import BaseModel
from mmengine.structures import BaseDataElement

from mmssl.apis import MotionPropagator, segment
from mmssl.apis.segmentation import probe_score, zoom_window
from mmssl.registry import MODELS


@MODELS.register_module(force=True)
class RigidRegions(BaseModel):
    """Every region of one brightness moves as its guidance says.

    The mean of the vectors on it; zero without any. What it is asked is kept
    in ``asked``.
    """

    levels = (0, 80, 160, 240)

    def __init__(self):
        super().__init__()
        self.asked = []

    def forward(self, inputs, data_samples=None, mode='tensor'):
        samples = []
        for image, points, vectors in zip(
            inputs['img'],
            inputs['guidance_points'],
            inputs['guidance_vectors'],
        ):
            self.asked.append((image.numpy(), points.tolist(), vectors))
            levels = torch.tensor(self.levels)
            near = (image[0][..., None] - levels).abs().argmin(-1)
            flow = torch.zeros(2, *near.shape)
            for region in near[points[:, 0], points[:, 1]].unique():
                on_it = near[points[:, 0], points[:, 1]] == region
                flow[:, near == region] = vectors[on_it].mean(0)[:, None]
            samples.append(BaseDataElement(pred_flow=flow))
        return samples


def make(short=None, size=None):
    pipeline = []
    if size:
        pipeline.append(
            dict(type='ResizeCropImageFlow', short_size=short, size=size)
        )
    config = Config(
        dict(
            model=dict(type='RigidRegions'),
            val_dataloader=dict(dataset=dict(pipeline=pipeline)),
        )
    )
    return MotionPropagator(config, None, 'cpu')


def scene(factor=1):
    """Ground, and two objects side by side that touch."""
    image = np.zeros((96, 128, 3), np.uint8)
    image[30:60, 40:70] = 160
    image[30:60, 70:100] = 240
    image = image.repeat(factor, axis=0).repeat(factor, axis=1)
    return image, image[..., 0] == 160


def test_segment__the_mask_is_the_region():
    image, region = scene()
    found = segment(make(), image, [(50, 40)], zoom=None)
    np.testing.assert_array_equal(found.mask, region)
    np.testing.assert_array_equal(found.score, region.astype(np.float32))
    assert found.window is None
    assert found.mask.dtype == bool


def test_segment__the_four_probes():
    model = make()
    image, _ = scene()
    segment(model, image, [(50, 40)], [(80, 40)], velocity=7, zoom=None)
    asked = model.model.asked
    assert len(asked) == 4
    probes = [vectors[0].tolist() for _, _, vectors in asked]
    assert probes == [[7, 0], [-7, 0], [0, 7], [0, -7]]
    for seen, points, vectors in asked:
        np.testing.assert_array_equal(seen, image.transpose(2, 0, 1))
        assert points == [[40, 50], [40, 80]]
        assert vectors[1].tolist() == [0, 0]


def test_segment__defaults_are_the_published_numbers():
    model = make()
    image, _ = scene()
    found = segment(model, image, [(50, 40), (60, 48)])
    assert model.model.asked[0][2][0].tolist() == [30, 0]
    # 4 times the extent of 10, around (55, 44)
    assert found.window == (35, 24, 40)


def test_segment__negative_points_hold_what_they_are_on():
    """A point on each half of one region: the two answers meet in it."""
    image, region = scene()
    both = np.zeros_like(image)
    both[30:60, 40:100] = 160
    model = make()
    found = segment(model, both, [(50, 40)], zoom=None)
    assert found.mask.sum() == 2 * region.sum()
    # half of the vectors on it rest: score 1 still, for it is the fastest
    found = segment(model, both, [(50, 40)], [(90, 40)], zoom=None)
    assert found.score.max() == 1
    # with another object at full speed, it is slower than half
    both[70:80, 40:100] = 240
    points = dict(positive=[(50, 40), (50, 75)], zoom=None)
    still = [(90, 40), (80, 40)]
    found = segment(model, both, negative=still, **points)
    np.testing.assert_array_equal(found.mask, both[..., 0] == 240)
    assert found.score[40, 50] == pytest.approx(1 / 3)
    lower = segment(model, both, negative=still, threshold=0.3, **points)
    np.testing.assert_array_equal(lower.mask, both[..., 0] > 0)


def test_segment__zoomed_in_and_pasted_back():
    """The window is enlarged; its answer comes back in place."""
    image, region = scene()
    model = make(short=128, size=128)
    found = segment(model, image, [(45, 40), (61, 52)])
    assert found.window == (21, 14, 64)
    x, y, side = found.window
    seen, points, _ = model.model.asked[0]
    assert seen.shape == (3, 128, 128)
    assert points == [[(40 - y) * 2, (45 - x) * 2], [(52 - y) * 2, 80]]
    inside = np.zeros_like(region)
    inside[y : y + side, x : x + side] = True
    np.testing.assert_array_equal(found.mask, region & inside)
    assert not found.score[~inside].any()


def test_segment__a_window_beyond_the_image():
    """Black is what lies outside; nothing of it comes back."""
    image = np.full((96, 128, 3), 160, np.uint8)
    model = make()
    found = segment(model, image, [(2, 2), (22, 12)])
    assert found.window == (-28, -33, 80)
    seen = model.model.asked[0][0]
    assert not seen[:, : 33 * 384 // 80 - 4].any()
    assert not seen[:, :, : 28 * 384 // 80 - 4].any()
    assert seen[0, -50, -50] == 160
    expected = np.zeros((96, 128), bool)
    expected[:47, :52] = True
    np.testing.assert_array_equal(found.mask, expected)


def test_segment__the_image_at_the_scale_of_the_config():
    image, region = scene(factor=2)
    model = make(short=96, size=64)
    found = segment(model, image, [(100, 80)])
    seen, points, vectors = model.model.asked[0]
    assert seen.shape == (3, 96, 128)
    assert points == [[40, 50]]
    assert vectors.tolist() == [[30, 0]]  # of the network, not rescaled
    np.testing.assert_array_equal(found.mask, region)


def test_segment__nothing_answers():
    class Still:
        crop_size = short_size = None
        size_of = make().size_of

        def predict(self, images, arrows, resize):
            return [np.zeros((*i.shape[:2], 2), np.float32) for i in images]

    found = segment(Still(), scene()[0], [(50, 40)])
    assert not found.mask.any()
    assert not found.score.any()


def test_zoom_window__rules():
    points = np.array([[10.0, 10.0], [31.0, 15.0]])
    assert zoom_window(points, 320) == (20 - 42, 12 - 42, 84)
    assert zoom_window(points, 320, zoom=1.0) == (10, 2, 20)  # even
    assert zoom_window(points, 84) is None  # as wide as the image
    assert zoom_window(points, 50) is None
    assert zoom_window(points[:1], 320) is None
    assert zoom_window(points, 320, zoom=-1) is None
    assert zoom_window(points, 320, zoom=None) is None
    assert zoom_window(points[[0, 0]], 320) is None


def test_probe_score__is_the_mean_of_absolute_values():
    flows = [np.array([[[3.0, -1.0], [0.0, 0.0]]]) * s for s in (1, -2)]
    # (3 + 1 + 6 + 2) / 4 = 3 is the largest
    np.testing.assert_allclose(probe_score(flows), [[1, 0]])
    flows[0][0, 1] = 4, 2
    np.testing.assert_allclose(probe_score(flows), [[1, 0.5]])


def test_segment__mistakes():
    image, _ = scene()
    model = make()
    with pytest.raises(ValueError, match='at least one positive point'):
        segment(model, image, [], [(1, 1)])
    with pytest.raises(ValueError, match='negative point 0 at x=128'):
        segment(model, image, [(1, 1)], [(128, 1)])
    with pytest.raises(ValueError, match=r'positive points must be .* \(3,\)'):
        segment(model, image, (1, 2, 3))
    with pytest.raises(ValueError, match='velocity must be positive, got 0'):
        segment(model, image, [(1, 1)], velocity=0)
    with pytest.raises(ValueError, match=r'threshold must be in \[0, 1\)'):
        segment(model, image, [(1, 1)], threshold=1)
    with pytest.raises(ValueError, match='zoom must be positive'):
        segment(model, image, [(1, 1)], zoom=0)
