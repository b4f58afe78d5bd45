import numpy as np
import pytest
import torch
from PIL import Image

from mmssl.apis.user_images import as_batch, as_rgb


def picture(height=5, width=7, channels=3):
    rng = np.random.default_rng(0)
    shape = (height, width, channels)
    return rng.integers(0, 255, shape, dtype=np.uint8)


def test_as_rgb__every_kind_gives_the_same_pixels(tmp_path):
    image = picture()
    path = tmp_path / 'a.png'
    Image.fromarray(image).save(path)
    planes = torch.from_numpy(image).permute(2, 0, 1)
    for given in (path, str(path), image, Image.fromarray(image), planes):
        np.testing.assert_array_equal(as_rgb(given), image)


def test_as_rgb__grey_and_transparency():
    grey = picture(channels=1)
    for given in (
        grey,
        grey[..., 0],
        Image.fromarray(grey[..., 0]),
        torch.from_numpy(grey).permute(2, 0, 1),
    ):
        np.testing.assert_array_equal(as_rgb(given), np.repeat(grey, 3, 2))
    rgba = picture(channels=4)
    for given in (
        rgba,
        Image.fromarray(rgba, 'RGBA'),
        torch.from_numpy(rgba).permute(2, 0, 1),
    ):
        np.testing.assert_array_equal(as_rgb(given), rgba[..., :3])


@pytest.mark.parametrize(
    ('orientation', 'turn'),
    [
        (1, lambda a: a),
        (2, lambda a: a[:, ::-1]),
        (3, lambda a: a[::-1, ::-1]),
        (6, lambda a: np.rot90(a, -1)),
        (8, lambda a: np.rot90(a, 1)),
    ],
)
def test_as_rgb__upright_as_exif_asks(tmp_path, orientation, turn):
    image = picture()
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / 'turned.png'
    Image.fromarray(image).save(path, exif=exif)
    np.testing.assert_array_equal(as_rgb(path), turn(image))
    with Image.open(path) as opened:
        np.testing.assert_array_equal(as_rgb(opened), turn(image))


def test_as_rgb__palette_and_views():
    image = np.zeros((4, 4, 3), np.uint8)
    image[:2] = 255, 0, 0
    palette = Image.fromarray(image).convert('P')
    np.testing.assert_array_equal(as_rgb(palette), image)
    mirrored = as_rgb(image[::-1])
    assert mirrored.flags.c_contiguous
    np.testing.assert_array_equal(mirrored, image[::-1])


def test_as_rgb__files_that_are_none(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no image '.*none\.png'"):
        as_rgb(tmp_path / 'none.png')
    text = tmp_path / 'text.png'
    text.write_text('not a picture')
    with pytest.raises(ValueError, match=r'text\.png: not a readable image'):
        as_rgb(text)
    cut = tmp_path / 'cut.jpg'
    Image.fromarray(picture(64, 64)).save(cut)
    cut.write_bytes(cut.read_bytes()[:-400])
    with pytest.raises(ValueError, match=r'cut\.jpg: damaged image'):
        as_rgb(cut)


def test_as_rgb__refusals():
    with pytest.raises(TypeError, match=r'must be uint8.*got float'):
        as_rgb(np.zeros((4, 4, 3)))
    with pytest.raises(TypeError, match='must be uint8'):
        as_rgb(torch.zeros(3, 4, 4))
    with pytest.raises(ValueError, match=r'got \(3, 4, 5\)'):
        as_rgb(np.zeros((3, 4, 5), np.uint8))
    with pytest.raises(ValueError, match=r'tensor must be .* \(5, 4, 3\)'):
        as_rgb(torch.zeros(5, 4, 3, dtype=torch.uint8))
    with pytest.raises(ValueError, match='not empty'):
        as_rgb(np.zeros((0, 5, 3), np.uint8))
    deep = Image.fromarray(np.full((4, 4), 40000, np.uint16))
    with pytest.raises(ValueError, match='more than 8 bits'):
        as_rgb(deep)
    with pytest.raises(TypeError, match='got dict'):
        as_rgb({})


def test_as_batch__what_is_one_image_and_what_are_several(tmp_path):
    image = picture()
    for single in ('a.png', tmp_path, image, Image.fromarray(image)):
        assert as_batch(single) is None
    assert as_batch(torch.zeros(3, 4, 4)) is None
    assert as_batch([image, 'a.png']) == [image, 'a.png']
    assert as_batch(('a.png',)) == ['a.png']
    several = as_batch(np.stack([image, image + 1]))
    np.testing.assert_array_equal(several[1], image + 1)
    assert len(as_batch(torch.zeros(2, 3, 4, 4))) == 2
