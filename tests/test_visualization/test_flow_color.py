import math

import numpy as np
import pytest

from mmssl.visualization import flow_color as fc


def naive_color(u, v):
    """One pixel, u and v already divided by the radius, from the paper."""
    wheel = fc.color_wheel()
    speed = math.hypot(u, v)
    angle = math.atan2(-v, -u) / math.pi  # -1..1
    position = (angle + 1) / 2 * 54
    low = int(position)
    high = 0 if low == 54 else low + 1
    color = []
    for channel in range(3):
        a, b = wheel[low][channel] / 255, wheel[high][channel] / 255
        value = a + (position - low) * (b - a)
        if speed <= 1:
            value = 1 - speed * (1 - value)
        else:
            value *= 0.75
        color.append(255 * value)
    return color


def test_color_wheel__published_segments():
    wheel = fc.color_wheel().astype(int)
    assert wheel.shape == (55, 3)
    corners = {
        0: (255, 0, 0),
        15: (255, 255, 0),
        21: (0, 255, 0),
        25: (0, 255, 255),
        36: (0, 0, 255),
        49: (255, 0, 255),
    }
    for index, color in corners.items():
        assert tuple(wheel[index]) == color
    # Rising channels are floor(255 i / n), falling ones 255 minus that.
    assert tuple(wheel[1]) == (255, 17, 0)
    assert tuple(wheel[16]) == (255 - 42, 255, 0)
    assert tuple(wheel[22]) == (0, 255, 63)
    assert tuple(wheel[26]) == (0, 255 - 23, 255)
    assert tuple(wheel[37]) == (19, 0, 255)
    assert tuple(wheel[54]) == (255, 0, 255 - 212)
    # No hue twice.
    assert len({tuple(color) for color in wheel}) == 55


def test_flow_to_rgb__equals_naive_pixels():
    flow = np.random.default_rng(0).normal(size=(9, 7, 2)) * 6
    image = fc.flow_to_rgb(flow, radius=8.0)
    for row in range(9):
        for col in range(7):
            expected = naive_color(*(flow[row, col] / 8))
            # One step of slack: float32, and rounding down.
            assert np.abs(image[row, col] - expected).max() <= 1.01


def test_flow_to_rgb__zero_is_white_and_directions_differ():
    angles = np.arange(16) * math.pi / 8
    flow = 5 * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    colors = fc.flow_to_rgb(flow[None])[0].astype(int)
    gaps = np.abs(colors[:, None] - colors[None]).sum(axis=-1)
    assert gaps[~np.eye(16, dtype=bool)].min() > 20
    assert (fc.flow_to_rgb(np.zeros((2, 3, 2))) == 255).all()


def test_flow_to_rgb__known_directions():
    right, down, left, up = (5, 0), (0, 5), (-5, 0), (0, -5)
    colors = fc.flow_to_rgb(np.array([[right, down, left, up]], float))[0]
    assert colors[0].tolist() == [255, 0, 0]
    assert colors[1].tolist() == [255, 229, 0]  # wheel position 13.5
    assert colors[2].tolist() == [0, 209, 255]  # 27
    assert colors[3].tolist() == [88, 0, 255]  # 40.5


def test_flow_to_rgb__slower_is_paler_on_the_same_hue():
    flow = np.array([[[1, 2], [2, 4], [3, 6]]], dtype=float)
    colors = fc.flow_to_rgb(flow, radius=7.0)[0].astype(float)
    paleness = 255 - colors  # proportional to the speed
    np.testing.assert_allclose(paleness[1], 2 * paleness[0], atol=2)
    np.testing.assert_allclose(paleness[2], 3 * paleness[0], atol=3)


def test_flow_to_rgb__sign_of_zero_does_not_change_the_hue():
    plus = fc.flow_to_rgb(np.array([[[5.0, 0.0]]]))
    minus = fc.flow_to_rgb(np.array([[[5.0, -0.0]]]))
    np.testing.assert_array_equal(plus, minus)


def test_flow_to_rgb__out_of_range_darker_unknown_black():
    flow = np.array([[[10.0, 0.0], [np.nan, 0.0], [np.inf, 1.0]]])
    colors = fc.flow_to_rgb(flow, radius=5.0)[0]
    assert colors.tolist() == [[191, 0, 0], [0, 0, 0], [0, 0, 0]]


def test_flow_radius__at_least_five_over_all_flows():
    slow = np.full((2, 2, 2), 0.1)
    fast = np.array([[[-6.0, 8.0], [np.nan, 1.0]]])
    assert fc.flow_radius(slow) == 5.0
    assert fc.flow_radius(slow, fast) == 10.0
    np.testing.assert_array_equal(
        fc.flow_to_rgb(slow), fc.flow_to_rgb(slow, radius=5.0)
    )


def test_wheel_disc__is_the_flow_of_its_own_position():
    disc = fc.wheel_disc(41)
    assert disc[20, 20].min() > 240  # centre
    assert (disc[0, 0] == 255).all()  # outside
    assert disc[20, 40, 0] == 255  # rim, right: red
    assert disc[20, 40, 1:].max() < 10
    # Point reflection turns the motion around: another hue.
    assert np.abs(disc[20, 38].astype(int) - disc[20, 2]).sum() > 300


def test_flow_to_rgb__wrong_arguments():
    with pytest.raises(ValueError, match=r'\(H, W, 2\), got \(2, 4, 4\)'):
        fc.flow_to_rgb(np.zeros((2, 4, 4)))
    with pytest.raises(ValueError, match='positive, got 0'):
        fc.flow_to_rgb(np.zeros((4, 4, 2)), radius=0)
