import cv2
import numpy as np
import pytest

from mmssl.flow.checks import frame_signature
from mmssl.flow.estimators import build_estimator
from mmssl.flow.frames import Frame, shrink
from mmssl.testing.toys import textured_image


class Counting:
    """An estimator that counts conversions."""

    calls = 0

    def prepare(self, frame, bgr=False):
        assert bgr
        self.calls += 1
        return frame.sum()


def test_frame__is_prepared_once():
    estimator = Counting()
    frame = Frame(np.ones((4, 4, 3), np.uint8))
    assert frame.prepared(estimator) == frame.prepared(estimator) == 48
    assert estimator.calls == 1


def test_frame__signature_and_grey_are_those_of_its_bgr_image():
    image = textured_image(40, 50, np.random.default_rng(0))
    frame = Frame(image)
    np.testing.assert_array_equal(
        frame.signature.thumb, frame_signature(image).thumb
    )
    assert frame.signature is frame.signature
    grey = frame.prepared(build_estimator('dis'))
    weights = image.astype(float) @ [0.114, 0.587, 0.299]
    assert np.abs(grey - weights).max() <= 0.51
    assert frame.written is False


@pytest.mark.parametrize(
    ('shape', 'short', 'expected'),
    [
        ((720, 1280), 416, (416, 739)),  # int(416 / 720 * 1280)
        ((272, 640), 100, (100, 235)),
        ((640, 272), 100, (235, 100)),
        ((1080, 1920), 416, (416, 739)),
        ((90, 90), 30, (30, 30)),
    ],
)
def test_shrink__sizes_follow_the_published_rule(shape, short, expected):
    image = np.zeros((*shape, 3), np.uint8)
    assert shrink(image, short).shape[:2] == expected


@pytest.mark.parametrize('short', [None, 60, 61, 1000])
def test_shrink__never_enlarges(short):
    image = np.zeros((60, 80, 3), np.uint8)
    assert shrink(image, short) is image


def test_shrink__is_close_to_an_area_average():
    rng = np.random.default_rng(1)
    image = cv2.GaussianBlur(textured_image(300, 400, rng), (0, 0), 2)
    for short in (250, 150, 100, 70, 33):
        small = shrink(image, short)
        size = small.shape[1], small.shape[0]
        area = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        assert np.abs(small.astype(float) - area).mean() < 5
