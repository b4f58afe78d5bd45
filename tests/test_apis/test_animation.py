import numpy as np
import pytest
from PIL import Image

from mmssl.apis import animate
from mmssl.apis.animation import warp
from mmssl.flow.splatting import splat_nearest

SQUARE = slice(20, 36)


class Known:
    """Answers a single arrow with rigid motion of the bright square."""

    def __init__(self):
        self.asked = []

    def predict(self, images, arrows):
        self.asked += [np.asarray(of_image).tolist() for of_image in arrows]
        flows = []
        for image, of_image in zip(images, arrows):
            moving = image[..., 0] > 128
            flow = np.zeros((*moving.shape, 2), np.float32)
            flow[moving] = of_image[0][2:]
            flows.append(flow)
        return flows


@pytest.fixture
def image():
    picture = np.full((64, 80, 3), 20, np.uint8)
    picture[SQUARE, SQUARE] = 200
    return picture


@pytest.mark.parametrize('motion', ['grow', 'scale'])
@pytest.mark.parametrize('splat', ['nearest', 'weighted'])
def test_animate__the_square_moves_and_the_ground_appears(
    image, motion, splat
):
    video = animate(
        Known(),
        image,
        [(25, 25, 24, -12)],
        frames=5,
        motion=motion,
        splat=splat,
    )
    assert video.shape == (5, 64, 80, 3)
    np.testing.assert_array_equal(video[0], image)
    for k in range(5):
        expected = np.full_like(image, 20)
        expected[20 - 3 * k : 36 - 3 * k, 20 + 6 * k : 36 + 6 * k] = 200
        # painted ground is right up to rounding
        assert np.abs(video[k].astype(int) - expected.astype(int)).max() <= 2


def test_animate__asks_for_grown_arrows_or_once(image):
    known = Known()
    arrows = [(25, 25, 8, 4), (60, 10, 0, 0)]
    animate(known, image, arrows, frames=3)
    assert known.asked == [
        [[25, 25, 4, 2], [60, 10, 0, 0]],
        [[25, 25, 8, 4], [60, 10, 0, 0]],
    ]
    known = Known()
    animate(known, image, arrows, frames=9, motion='scale')
    assert known.asked == [[[25, 25, 8, 4], [60, 10, 0, 0]]]


def test_animate__bounces_and_writes(image, tmp_path):
    path = tmp_path / 'square.gif'
    arrows = [(25, 25, 12, 0)]
    there = animate(Known(), image, arrows, frames=4)
    video = animate(Known(), image, arrows, path, frames=4, bounce=True)
    np.testing.assert_array_equal(video[:4], there)
    np.testing.assert_array_equal(video[4:], there[[2, 1]])
    with Image.open(path) as gif:
        assert gif.n_frames == 6


def test_warp__fills(image):
    flow = np.zeros((64, 80, 2), np.float32)
    flow[SQUARE, SQUARE] = 6, 0
    black = warp(image, flow, 'nearest', 'none')
    expected, hole = splat_nearest(image, flow)
    np.testing.assert_array_equal(black, expected)
    assert hole.sum() == 16 * 6
    for fill in ('background', 'inpaint'):
        filled = warp(image, flow, 'nearest', fill)
        np.testing.assert_array_equal(filled[~hole], expected[~hole])
    # inpainting takes from both sides, the background from one
    ground = warp(image, flow, 'nearest', 'background')[hole].mean()
    around = warp(image, flow, 'nearest', 'inpaint')[hole].mean()
    assert ground == pytest.approx(20, abs=3)
    assert around > ground + 10


def test_animate__mistakes(image):
    arrows = [(25, 25, 1, 0)]
    with pytest.raises(ValueError, match='at least one arrow'):
        animate(Known(), image, [])
    with pytest.raises(ValueError, match='outside the image of 80 x 64'):
        animate(Known(), image, [(80, 1, 1, 1)])
    with pytest.raises(ValueError, match='at least 2 frames, got 1'):
        animate(Known(), image, arrows, frames=1)
    for name in ('motion', 'splat', 'fill'):
        with pytest.raises(ValueError, match=f'{name} must be one of'):
            animate(Known(), image, arrows, **{name: 'other'})
