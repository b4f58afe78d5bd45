"""Images as RGB arrays, and errors that name the file."""

import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from mmssl.io import images
from mmssl.io.errors import DataFileError
from mmssl.io.images import jpeg_divisor, read_grey, read_rgb
from mmssl.testing.toy_images import photo_like, write_photo


@pytest.fixture
def picture():
    noise = np.random.default_rng(0).integers(0, 256, (24, 40, 3), np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 2)


def test_read_rgb__png_bit_by_bit_in_rgb_order(tmp_path, picture):
    path = tmp_path / 'a.png'
    Image.fromarray(picture).save(path)
    np.testing.assert_array_equal(read_rgb(path), picture)


def test_read_rgb__jpg_as_pillow_decodes_it(tmp_path, picture):
    path = tmp_path / 'a.jpg'
    Image.fromarray(picture).save(path, quality=90)
    expected = np.asarray(Image.open(path).convert('RGB')).astype(int)
    assert np.abs(read_rgb(path).astype(int) - expected).max() <= 1


def test_read_rgb__grey_becomes_three_equal_channels(tmp_path, picture):
    path = tmp_path / 'a.png'
    Image.fromarray(picture[..., 0]).save(path)
    expected = np.repeat(picture[..., :1], 3, axis=2)
    np.testing.assert_array_equal(read_rgb(path), expected)


def test_read_rgb__exif_rotation_is_not_applied(tmp_path, picture):
    path = tmp_path / 'a.jpg'
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn by 90 degrees
    Image.fromarray(picture).save(path, exif=exif)
    assert read_rgb(path).shape == (24, 40, 3)


def test_read_rgb__without_the_rgb_flag_of_new_opencv(
    tmp_path, picture, monkeypatch
):
    path = tmp_path / 'a.png'
    Image.fromarray(picture).save(path)
    monkeypatch.setattr(images, '_RGB_FLAG', None)
    np.testing.assert_array_equal(read_rgb(str(path)), picture)


def test_read_rgb__missing(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'nothing\.jpg'):
        read_rgb(tmp_path / 'nothing.jpg')


@pytest.mark.parametrize('data', [b'', b'no picture at all'])
def test_read_rgb__not_an_image(tmp_path, data):
    path = tmp_path / 'bad.jpg'
    path.write_bytes(data)
    match = rf'bad.jpg: not a readable image \({len(data)} bytes\)'
    with pytest.raises(ValueError, match=match):
        read_rgb(path)


def test_read_rgb__cut_jpg_is_an_error_not_grey(tmp_path, picture):
    path = tmp_path / 'cut.jpg'
    Image.fromarray(picture).save(path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ValueError, match=r'cut.jpg: the jpg is cut short'):
        read_rgb(path)


def test_read_rgb__damage_that_only_the_decoder_mentions(tmp_path, picture):
    path = tmp_path / 'a.jpg'
    Image.fromarray(picture).resize((200, 150)).save(path, quality=95)
    data = path.read_bytes()
    middle = len(data) // 2
    path.write_bytes(data[:middle] + b'\xff\xd9')
    with pytest.raises(DataFileError, match=r'a\.jpg: damaged .*premature'):
        read_rgb(path)


def test_read_rgb__harmless_bytes_after_the_picture(tmp_path, picture, capfd):
    path = tmp_path / 'a.jpg'
    Image.fromarray(picture).save(path)
    expected = read_rgb(path)
    data = path.read_bytes()
    path.write_bytes(data[:-2] + b'\1\2\3' + data[-2:] + b'more')
    np.testing.assert_array_equal(read_rgb(path), expected)
    assert capfd.readouterr().err == ''


@pytest.mark.parametrize('name', ['a.jpg', 'a.png'])
def test_read_rgb__header_that_asks_for_gigabytes(tmp_path, picture, name):
    path = tmp_path / name
    Image.fromarray(picture).save(path)
    data = bytearray(path.read_bytes())
    if name == 'a.png':
        data[16:24] = struct.pack('>II', 40000, 40000)
        data[29:33] = struct.pack('>I', zlib.crc32(bytes(data[12:29])))
    else:
        place = data.index(b'\xff\xc0') + 5
        data[place : place + 4] = struct.pack('>HH', 40000, 40000)
    path.write_bytes(bytes(data))
    with pytest.raises(DataFileError, match='says that it is 40000 x 40000'):
        read_rgb(path)


def test_read_rgb__png_with_a_wrong_checksum(tmp_path, picture):
    path = tmp_path / 'a.png'
    Image.fromarray(picture).save(path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(DataFileError, match=r'a\.png: not a readable.*: \S'):
        read_rgb(path)


def test_read_rgb__sixteen_bits_alpha_and_cmyk(tmp_path, picture):
    path = tmp_path / 'a.png'
    cv2.imwrite(str(path), picture[..., ::-1].astype(np.uint16) << 8)
    np.testing.assert_array_equal(read_rgb(path), picture)
    Image.fromarray(picture).convert('RGBA').save(path)
    np.testing.assert_array_equal(read_rgb(path), picture)
    path = tmp_path / 'a.jpg'
    Image.fromarray(picture).convert('CMYK').save(path, quality=95)
    expected = np.asarray(Image.open(path).convert('RGB')).astype(int)
    assert np.abs(read_rgb(path).astype(int) - expected).max() <= 3


def test_read_grey__is_the_grey_of_the_picture(tmp_path, picture):
    path = tmp_path / 'a.png'
    Image.fromarray(picture).save(path)
    expected = picture @ [0.299, 0.587, 0.114]
    assert np.abs(read_grey(path) - expected).max() <= 1


# ---- jpgs decoded in a smaller size ----------------------------------------


@pytest.mark.parametrize('rgb_flag', [True, False])
@pytest.mark.parametrize(
    ('reduce_to', 'divisor'),
    [(None, 1), (97, 1), (96, 2), (49, 2), (48, 4), (24, 8), (1, 8)],
)
def test_reduce_to__is_the_mean_of_the_pixels(
    tmp_path, monkeypatch, reduce_to, divisor, rgb_flag
):
    if not rgb_flag:
        monkeypatch.setattr(images, '_RGB_FLAG', None)
    photo = photo_like((192, 256), np.random.default_rng(0))
    path = write_photo(tmp_path / 'a.jpg', photo)
    whole = read_rgb(path)
    got = read_rgb(path, reduce_to=reduce_to)
    assert got.shape == (192 // divisor, 256 // divisor, 3)
    want = cv2.resize(
        whole, got.shape[1::-1], interpolation=cv2.INTER_AREA
    ).astype(int)
    assert np.abs(got - want).mean() < 1.5
    swapped = np.abs(got[..., ::-1] - want).mean()
    assert swapped > 10  # the channels are in order


def test_reduce_to__leaves_other_formats_whole(tmp_path, picture):
    path = tmp_path / 'a.png'
    Image.fromarray(picture).save(path)
    np.testing.assert_array_equal(read_rgb(path, reduce_to=1), picture)
    assert jpeg_divisor(b'\xff\xd8', 1) == 1  # no header: decoding tells
