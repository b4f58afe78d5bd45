import cv2
import numpy as np
import pytest

from mmssl.flow.estimators import ESTIMATORS, FlowEstimator, build_estimator
from mmssl.testing.toys import moving_pair
from mmssl.testing.videos import moving_frames

OPENCV = [
    ('dis', {}),
    ('dis', {'preset': 'ultrafast'}),
    ('dis', {'preset': 'fast'}),
    ('farneback', {}),
    ('farneback', {'poly_n': 7}),
]
CONTRIB = ['deepflow', 'denserlof', 'pcaflow', 'sparsetodense', 'tvl1']


def end_point_error(flow, truth, border=12):
    inner = (slice(border, -border), slice(border, -border))
    return np.linalg.norm(flow[inner] - truth[inner], axis=-1).mean()


@pytest.mark.parametrize(('name', 'options'), OPENCV)
@pytest.mark.parametrize('velocity', [(3, 0), (-2, 4)])
def test_estimator__translation(name, options, velocity):
    """The order is (u right, v down), the direction from first to second."""
    frames = moving_frames(2, 96, 128, np.random.default_rng(0), velocity)
    flow = build_estimator(name, **options)(*frames)
    assert flow.shape == (96, 128, 2)
    assert flow.dtype == np.float32
    truth = np.broadcast_to(np.float32(velocity), flow.shape)
    assert end_point_error(flow, truth) < 0.3


@pytest.mark.parametrize('name', ['dis', 'farneback'])
def test_estimator__a_moving_disc_on_a_still_ground(name):
    first, second, truth = moving_pair(96, 128, np.random.default_rng(1))
    flow = build_estimator(name)(first, second)
    zero = end_point_error(np.zeros_like(truth), truth)
    assert end_point_error(flow, truth) < 0.35 * zero


def test_estimator__prepare_and_between_are_the_two_halves():
    first, second = moving_frames(2, 40, 48, np.random.default_rng(2))
    estimator = build_estimator('dis')
    expected = estimator(first, second)
    for bgr in (False, True):
        halves = [
            estimator.prepare(f[..., ::-1] if bgr else f, bgr)
            for f in (first, second)
        ]
        np.testing.assert_array_equal(estimator.between(*halves), expected)


def test_estimator__a_result_is_not_overwritten_by_the_next():
    frames = moving_frames(3, 40, 48, np.random.default_rng(2))
    estimator = build_estimator('dis')
    flow = estimator(frames[0], frames[1])
    before = flow.copy()
    estimator(frames[0], frames[2])
    np.testing.assert_array_equal(flow, before)


@pytest.mark.parametrize('name', CONTRIB)
def test_contrib__works_or_says_what_to_install(name):
    if hasattr(cv2, 'optflow'):
        frames = moving_frames(2, 96, 128, np.random.default_rng(0), (2, 1))
        flow = build_estimator(name)(*frames)
        truth = np.broadcast_to(np.float32([2, 1]), flow.shape)
        assert end_point_error(flow, truth) < 0.5
    else:
        with pytest.raises(ImportError, match='opencv-contrib-python'):
            build_estimator(name)


def test_build__unknown_method_lists_the_valid_ones():
    with pytest.raises(ValueError, match=r"'magic'; valid: \['deepflow', .*"):
        build_estimator('magic')
    assert sorted(ESTIMATORS)[:3] == ['deepflow', 'denserlof', 'dis']


def test_build__wrong_options():
    with pytest.raises(ValueError, match=r"'slow'; valid: \['fast', 'med"):
        build_estimator('dis', preset='slow')
    with pytest.raises(ValueError, match='poly_n must be 5 or 7, got 6'):
        build_estimator('farneback', poly_n=6)
    with pytest.raises(TypeError, match='speed'):
        build_estimator('dis', speed=3)


@pytest.mark.parametrize(
    ('shapes', 'problem'),
    [
        (((32, 32, 3), (32, 33, 3)), 'same size'),
        (((32, 32), (32, 32)), r'\(H, W, 3\) RGB'),
        (((32, 32, 4), (32, 32, 4)), r'\(H, W, 3\) RGB'),
        (((15, 40, 3), (15, 40, 3)), r'at least 16 px.*\(15, 40\)'),
    ],
)
def test_call__frames_that_do_not_fit(shapes, problem):
    frames = [np.zeros(shape, np.uint8) for shape in shapes]
    with pytest.raises(ValueError, match=problem):
        build_estimator('dis')(*frames)


def test_call__other_types_than_uint8():
    frame = np.zeros((32, 32, 3), np.float32)
    with pytest.raises(ValueError, match='uint8, got float32'):
        build_estimator('dis', preset='ultrafast')(frame, frame)


def test_dis__a_strip_that_its_pyramid_cannot_hold():
    frame = np.zeros((16, 1000, 3), np.uint8)
    with pytest.raises(ValueError, match=r'DIS cannot handle.*\(16, 1000\)'):
        build_estimator('dis', preset='ultrafast')(frame, frame)


def test_estimator__base_class_is_abstract():
    frame = np.zeros((32, 32, 3), np.uint8)
    with pytest.raises(NotImplementedError):
        FlowEstimator()(frame, frame)
