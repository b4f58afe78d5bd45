import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmssl.flow.checks import (
    clipped_share,
    consistent_share,
    cut_score,
    frame_signature,
    irregular_share,
    mean_motion,
)
from mmssl.testing.toys import textured_image
from mmssl.testing.videos import moving_frames


def naive_cut_score(first, second):
    """The same from the docstring, on frames of 128x128."""
    thumbs, colours = [], []
    for frame in (first, second):
        blocks = frame.reshape(32, 4, 32, 4, 3).astype(float)
        # OpenCV rounds each 4x4 mean to the nearest, ties up.
        small = np.floor(blocks.mean(axis=(1, 3)) + 0.5)
        thumbs.append(np.rint(small @ [0.299, 0.587, 0.114]))
        histogram = np.zeros((6, 6, 6))
        for r, g, b in frame.reshape(-1, 3).astype(int) * 6 // 256:
            histogram[r, g, b] += 1 / 128**2
        colours.append(histogram)
    a, b = thumbs
    structure = np.var(a - b) / (np.var(a) + np.var(b) + 8)
    colour = np.abs(colours[0] - colours[1]).sum() / 2
    return np.sqrt(structure * colour)


def score(first, second):
    return cut_score(frame_signature(first), frame_signature(second))


def test_cut_score__equals_the_naive_formula():
    rng = np.random.default_rng(0)
    for _ in range(5):
        first = textured_image(128, 128, rng)
        second = textured_image(128, 128, rng) // 2 + 60
        expected = naive_cut_score(first, second)
        assert score(first, second) == pytest.approx(expected, abs=0.01)


def test_cut_score__motion_is_low_and_another_scene_is_high():
    rng = np.random.default_rng(1)
    # Scenes have large regions; white noise would look new at every step.
    base = textured_image(24, 40, rng)
    scene = np.kron(base, np.ones((16, 16, 1), np.uint8))
    dark = np.kron(textured_image(24, 40, rng), np.ones((16, 16, 1), np.uint8))
    dark //= 2
    moved = np.roll(scene, (4, 9), axis=(0, 1))
    assert score(scene, scene) == 0
    assert score(scene, moved) < 0.35
    assert score(scene, dark) > 0.6
    assert score(scene, dark) == pytest.approx(score(dark, scene))


def test_cut_score__exposure_and_noise_are_no_cuts():
    rng = np.random.default_rng(2)
    scene = np.kron(textured_image(24, 40, rng), np.ones((16, 16, 1), 'u1'))
    brighter = np.clip(scene * 1.15 + 5, 0, 255).astype(np.uint8)
    assert score(scene, brighter) < 0.3
    black = np.zeros((90, 120, 3), np.uint8)
    noise = rng.integers(0, 6, black.shape, dtype=np.uint8)
    assert score(black, noise) < 0.05
    assert score(noise, scene) > 0.6


@pytest.mark.parametrize('shape', [(64, 96), (240, 320)])
@pytest.mark.parametrize('shift', [1, 6, 20])
def test_cut_score__moving_noise_is_no_cut(shape, shift):
    """Generated test videos look like this: new at each step, one scene."""
    height, width = shape
    size = (height + shift, width + shift, 3)
    noise = np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8)
    first = noise[:height, :width]
    assert score(first, noise[shift:, shift:]) < 0.4


def test_signature__colours_sum_to_one_for_any_size():
    for shape in [(1, 1, 3), (40, 700, 3), (123, 77, 3)]:
        frame = np.random.default_rng(3).integers(0, 256, shape, np.uint8)
        signature = frame_signature(frame)
        assert signature.colours.sum() == pytest.approx(1, abs=1e-6)
        assert signature.thumb.mean() == pytest.approx(0, abs=1e-4)
        assert signature.variance == pytest.approx(
            signature.thumb.var(), rel=1e-4
        )


def test_mean_motion__is_the_mean_of_lengths():
    flow = np.random.default_rng(0).normal(size=(7, 9, 2)).astype(np.float32)
    expected = np.mean([np.hypot(u, v) for u, v in flow.reshape(-1, 2)])
    assert mean_motion(flow) == pytest.approx(expected, rel=1e-6)
    assert mean_motion(np.zeros((3, 3, 2), np.float32)) == 0


def constant_flow(u, v, shape=(40, 60)):
    return np.full((*shape, 2), [u, v], np.float32)


def naive_consistent_share(forward, backward, step):
    """Sundaram's rule, pixel by pixel with bilinear look-up."""
    height, width = forward.shape[:2]
    good = total = 0
    for row in range(0, height, step):
        for col in range(0, width, step):
            f = forward[row, col].astype(float)
            x, y = col + f[0], row + f[1]
            if not (0 <= x <= width - 1 and 0 <= y <= height - 1):
                continue
            x0, y0 = min(int(x), width - 2), min(int(y), height - 2)
            ax, ay = x - x0, y - y0
            patch = backward[y0 : y0 + 2, x0 : x0 + 2].astype(float)
            b = (patch[0, 0] * (1 - ax) + patch[0, 1] * ax) * (1 - ay)
            b += (patch[1, 0] * (1 - ax) + patch[1, 1] * ax) * ay
            total += 1
            good += ((f + b) ** 2).sum() <= 0.01 * (
                (f**2).sum() + (b**2).sum()
            ) + 0.5
    return good / total


@pytest.mark.parametrize('step', [1, 2, 4])
def test_consistent_share__equals_the_naive_rule(step):
    rng = np.random.default_rng(4)
    forward = rng.normal(0, 3, (24, 30, 2)).astype(np.float32)
    y, x = np.mgrid[:24, :30]
    backward = np.stack([x / 7 - 2, y / 9 - 1], -1).astype(np.float32)
    assert consistent_share(forward, backward, step) == pytest.approx(
        naive_consistent_share(forward, backward, step), abs=2e-3
    )


def test_consistent_share__opposite_flow_is_consistent_and_equal_is_not():
    forward = constant_flow(5, -3)
    assert consistent_share(forward, -forward) == 1
    assert consistent_share(forward, forward) == 0
    half = -forward.copy()
    half[:, 30:] = 9
    assert 0.3 < consistent_share(forward, half) < 0.7


def test_consistent_share__pixels_that_leave_do_not_count():
    forward = constant_flow(59, 0)  # only column 0 stays inside
    assert consistent_share(forward, -forward) == 1
    assert consistent_share(constant_flow(100, 0), forward) == 0


def test_consistent_share__shapes_differ():
    with pytest.raises(ValueError, match=r'\(4, 5, 2\) and \(5, 4, 2\)'):
        consistent_share(np.zeros((4, 5, 2)), np.zeros((5, 4, 2)))


def test_consistent_share__of_a_true_translation():
    """Flow of a real estimator on a clean shift passes."""
    from mmssl.flow.estimators import build_estimator

    frames = moving_frames(2, 80, 96, np.random.default_rng(5), (3, 1))
    estimator = build_estimator('dis')
    forward = estimator(*frames)
    backward = estimator(*frames[::-1])
    assert consistent_share(forward, backward) > 0.9


@settings(max_examples=30, deadline=None)
@given(
    st.floats(5, 60),
    st.integers(3, 200),
    st.floats(-1e4, 1e4),
    st.randoms(use_true_random=False),
)
def test_irregular_share__constant_rate_in_whole_ms_in_any_order(
    fps, count, start, random
):
    times = [round(start + i * 1000 / fps) for i in range(count)]
    random.shuffle(times)
    assert irregular_share(times) == 0


@pytest.mark.parametrize(
    ('intervals', 'share'),
    [
        ([40, 40, 40, 80], 0.25),
        ([40, 20] * 10, 0.5),
        ([40] * 9 + [4000], 0.1),
        ([16, 17] * 8, 0),
        ([8, 9] * 8, 0),
        ([0, 0, 0, 0], 0),
        ([40], 0),
        ([], 0),
    ],
)
def test_irregular_share__cases(intervals, share):
    times = np.cumsum([0, *intervals])
    assert irregular_share(times) == pytest.approx(share)


def test_clipped_share__counts_both_ends():
    codes = np.full((10, 10), 128, np.uint8)
    assert clipped_share(codes) == 0
    codes[0, :3] = 0
    codes[1, :4] = 255
    codes[2] = 1
    codes[3] = 254
    assert clipped_share(codes) == pytest.approx(0.07)
