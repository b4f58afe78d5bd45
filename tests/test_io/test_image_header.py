"""Sizes from headers, and files that claim more than they hold."""

import io

import numpy as np
import pytest
from PIL import Image

from mmssl.io.image_header import image_size, is_cut_short, is_jpeg


def encoded(kind, **options):
    """A picture of 40 x 24 px as a file."""
    noise = np.random.default_rng(0).integers(0, 256, (24, 40, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ('kind', 'options'),
    [
        ('JPEG', {}),
        ('JPEG', dict(progressive=True, exif=b'Exif\0\0' + bytes(3000))),
        ('PNG', {}),
        ('BMP', {}),
        ('TIFF', {}),
        ('WEBP', {}),
    ],
)
def test_size__width_and_height(kind, options):
    data = encoded(kind, **options)
    assert image_size(data) == (40, 24)
    assert is_jpeg(data) == (kind == 'JPEG')
    assert not is_cut_short(data)


@pytest.mark.parametrize('data', [b'', b'\xff\xd8', b'text', b'\xff\xd8\xff'])
def test_size__unknown(data):
    assert image_size(data) is None


@pytest.mark.parametrize('kind', ['JPEG', 'PNG'])
def test_cut__anywhere(kind):
    data = encoded(kind)
    for end in (30, len(data) // 2, len(data) - 9):
        assert is_cut_short(data[:end])
    assert not is_cut_short(data + b'appended by somebody')


def test_cut__end_of_a_thumbnail_is_not_the_end():
    data, inner = encoded('JPEG'), encoded('JPEG', quality=10)
    segment = b'\xff\xe1' + (len(inner) + 2).to_bytes(2, 'big') + inner
    whole = data[:2] + segment + data[2:]
    assert image_size(whole) == (40, 24)
    assert not is_cut_short(whole)
    assert is_cut_short(whole[: len(inner) + 300])


def test_cut__chunk_that_claims_gigabytes():
    data = bytearray(encoded('PNG'))
    place = data.index(b'IDAT') - 4
    data[place : place + 4] = b'\x7f\xff\xff\xff'
    assert is_cut_short(bytes(data))
