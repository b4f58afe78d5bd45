"""Scale and rotation of older pose recipes."""

import math

import numpy as np
import pytest

from mmssl.downstream.pose.clipped_bbox_transform import ClippedBBoxTransform
from mmssl.registry import TRANSFORMS


def normal_below(x):
    """Share of a standard normal below x."""
    return (1 + math.erf(x / math.sqrt(2))) / 2


def test_draws__have_the_published_distribution():
    """Clipped normals: their ends have a weight of their own."""
    transform = ClippedBBoxTransform()
    scales, turns = transform.draw(40000)
    assert (scales.min(), scales.max()) == (0.5, 1.5)
    end = 1 - normal_below(1)
    assert np.mean(scales == 1.5) == pytest.approx(end, abs=0.01)
    assert np.mean(scales == 0.5) == pytest.approx(end, abs=0.01)
    between = normal_below(0.5) - normal_below(0)
    inside = (scales > 1) & (scales < 1.25)
    assert np.mean(inside) == pytest.approx(between, abs=0.01)
    assert np.mean(turns == 0) == pytest.approx(0.4, abs=0.01)
    assert (turns.min(), turns.max()) == (-80, 80)
    end = 0.6 * (1 - normal_below(2))
    assert np.mean(turns == 80) == pytest.approx(end, abs=0.005)
    between = 0.6 * (normal_below(1) - normal_below(0))
    inside = (turns > 0) & (turns < 40)
    assert np.mean(inside) == pytest.approx(between, abs=0.01)


def test_transform__changes_boxes_by_what_was_drawn():
    transform = TRANSFORMS.build(dict(type='mmssl.ClippedBBoxTransform'))
    before = np.array([[10, 20], [30, 40], [5, 5]], np.float32)
    np.random.seed(3)
    scales, turns = transform.draw(3)
    np.random.seed(3)
    results = transform(dict(bbox_scale=before.copy()))
    np.testing.assert_allclose(
        results['bbox_scale'], before * scales[:, None], rtol=1e-6
    )
    np.testing.assert_allclose(results['bbox_rotation'], turns, rtol=1e-6)
    assert results['bbox_scale'].dtype == np.float32
    assert len(set(scales)) == 3


def test_transform__off():
    still = ClippedBBoxTransform(scale_factor=0, rotation_prob=0)
    results = still(dict(bbox_scale=np.full((4, 2), 7, np.float32)))
    assert (results['bbox_scale'] == 7).all()
    assert not results['bbox_rotation'].any()


@pytest.mark.parametrize(
    ('name', 'value'),
    [
        ('scale_factor', 1.0),
        ('scale_factor', -0.1),
        ('rotation_factor', -1),
        ('rotation_prob', 1.5),
    ],
)
def test_numbers__are_checked(name, value):
    with pytest.raises(ValueError, match=f'{name} must be .* got {value}'):
        ClippedBBoxTransform(**{name: value})
