"""Flip, reverse, scale and rotate of flow."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmssl.datasets.transforms import (
    FlipImageFlow,
    ReverseFlow,
    RotateFlow,
    ScaleFlow,
)
from mmssl.datasets.transforms.flow_augs import rotate_flow

ANGLES = st.floats(0, 2 * math.pi)
SEEDS = st.integers(0, 1000)


def random_flow(seed=0, h=5, w=7):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(h, w, 2)) * 10).astype(np.float32)


def sample(seed=0, **more):
    return dict(
        flow=random_flow(seed), rng=np.random.default_rng(seed), **more
    )


def test_flip__mirrors_all_and_turns_u():
    img = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    data = sample(img=img, target_img=img + 1)
    flow = data['flow'].copy()
    out = FlipImageFlow(prob=1.0).transform(data)
    for row in range(5):
        for col in range(7):
            u, v = flow[row, 6 - col]
            assert out['flow'][row, col].tolist() == [-u, v]
            assert (out['img'][row, col] == img[row, 6 - col]).all()
    np.testing.assert_array_equal(out['target_img'], out['img'] + 1)
    assert out['flip'] is True


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_flip__twice_is_nothing(seed):
    flip = FlipImageFlow(prob=1.0)
    img = np.random.default_rng(seed).integers(0, 255, (5, 7, 3), np.uint8)
    out = flip(flip(sample(seed, img=img)))
    np.testing.assert_array_equal(out['flow'], random_flow(seed))
    np.testing.assert_array_equal(out['img'], img)


def test_reverse__negates():
    out = ReverseFlow(prob=1.0).transform(sample())
    np.testing.assert_array_equal(out['flow'], -random_flow())


@pytest.mark.parametrize('kind', [FlipImageFlow, ReverseFlow, RotateFlow])
def test_prob__is_that_of_the_first_number_drawn(kind):
    changed = 0
    for seed in range(40):
        out = kind(prob=0.3).transform(sample(seed))
        different = not np.array_equal(out['flow'], random_flow(seed))
        assert different == (np.random.default_rng(seed).random() < 0.3)
        changed += different
    assert 0 < changed < 40
    never = kind(prob=0.0).transform(sample())
    np.testing.assert_array_equal(never['flow'], random_flow())


def test_scale__one_factor_for_the_whole_field():
    factors = []
    for seed in range(30):
        out = ScaleFlow(0.5, 2.0).transform(sample(seed))
        factor = np.random.default_rng(seed).uniform(0.5, 2.0)
        np.testing.assert_allclose(
            out['flow'], random_flow(seed) * factor, rtol=1e-6
        )
        factors.append(factor)
    assert min(factors) < 0.7 < 1.8 < max(factors)
    same = ScaleFlow(1.0, 1.0).transform(sample())
    np.testing.assert_array_equal(same['flow'], random_flow())


@settings(max_examples=25, deadline=None)
@given(SEEDS, ANGLES)
def test_rotate_flow__adds_the_angle_and_keeps_the_length(seed, angle):
    flow = random_flow(seed).astype(np.float64)
    turned = rotate_flow(random_flow(seed), angle)
    length = np.hypot(flow[..., 0], flow[..., 1])
    alpha = np.arctan2(flow[..., 1], flow[..., 0])
    expected = np.stack(
        [length * np.cos(alpha + angle), length * np.sin(alpha + angle)], -1
    )
    np.testing.assert_allclose(turned, expected, atol=1e-4)
    assert turned.dtype == np.float32


@settings(max_examples=25, deadline=None)
@given(SEEDS, ANGLES)
def test_rotate_flow__published_formula(seed, angle):
    """Literally: length and arctan(v / u), with all four axes and zeros."""
    flow = random_flow(seed)
    flow[0, :6] = [[3, 0], [-3, 0], [0, 3], [0, -3], [-0.0, 3], [-0.0, -3]]
    u, v = flow[..., 0].astype(np.float64), flow[..., 1].astype(np.float64)
    with np.errstate(divide='ignore'):
        alpha = np.arctan(v / u)
    length = np.sqrt(u**2 + v**2)
    expected = np.stack(
        [length * np.cos(alpha + angle), length * np.sin(alpha + angle)], -1
    )
    turned = rotate_flow(flow, angle, published_arctan=True)
    np.testing.assert_allclose(turned, expected, atol=1e-4)


@pytest.mark.parametrize('published', [False, True])
def test_rotate_flow__no_motion_stays_none(published):
    turned = rotate_flow(np.zeros((2, 3, 2), np.float32), 1.0, published)
    np.testing.assert_array_equal(turned, np.zeros((2, 3, 2)))


@pytest.mark.parametrize('published', [False, True])
def test_rotate__angle_from_rng(published):
    rotate = RotateFlow(prob=1.0, published_arctan=published)
    rng = np.random.default_rng(4)
    rng.random()
    expected = rotate_flow(
        random_flow(4), rng.uniform(0, 2 * math.pi), published
    )
    out = rotate.transform(sample(4))
    np.testing.assert_array_equal(out['flow'], expected)


def test_arguments__are_checked():
    for kind in (FlipImageFlow, ReverseFlow, RotateFlow):
        with pytest.raises(ValueError, match=r'\[0, 1\], got 1.5'):
            kind(prob=1.5)
    for low, high in ((0, 1), (2, 1), (-1, 1)):
        with pytest.raises(ValueError, match='need 0 < low <= high'):
            ScaleFlow(low, high)


def test_augs__refuse_samples_with_guidance():
    data = sample(guidance_points=np.zeros((1, 2), np.int64))
    for kind in (FlipImageFlow, ReverseFlow, ScaleFlow, RotateFlow):
        with pytest.raises(ValueError, match=f'{kind.__name__} must come be'):
            kind().transform(data)
