import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mmssl.io.flow_jpg import (
    QUANTUM_PX,
    decode_flow_jpg,
    encode_flow_jpg,
    read_flow_jpg_pair,
    write_flow_jpg_pair,
    write_jpg,
)

ALL_CODES = np.arange(256, dtype=np.uint8).reshape(16, 16)


def test_decode__formula_of_every_code():
    flow = decode_flow_jpg(ALL_CODES, ALL_CODES[::-1].copy())
    expected = [value / 255 * 100 - 50 for value in range(256)]
    np.testing.assert_allclose(flow[..., 0].ravel(), expected, atol=2e-6)
    np.testing.assert_array_equal(flow[..., 1], flow[::-1, :, 0])
    assert flow.dtype == np.float32
    assert flow[7, 15, 0] == pytest.approx(-0.196, abs=1e-3)  # 127
    assert flow[8, 0, 0] == pytest.approx(0.196, abs=1e-3)  # 128


def test_encode__inverts_every_code_exactly():
    other = ALL_CODES.T.copy()
    x, y = encode_flow_jpg(decode_flow_jpg(ALL_CODES, other))
    np.testing.assert_array_equal(x, ALL_CODES)
    np.testing.assert_array_equal(y, other)


FLOWS = arrays(
    np.float32, (3, 4, 2), elements=st.floats(-1e6, 1e6, width=32)
) | arrays(np.float32, (3, 4, 2), elements=st.floats(-51, 51, width=32))


@settings(max_examples=80, deadline=None)
@given(FLOWS)
def test_encode__is_the_clipped_and_rounded_formula(flow):
    codes = np.stack(encode_flow_jpg(flow), axis=-1)
    exact = (np.clip(flow.astype(np.float64), -50, 50) + 50) * 255 / 100
    # Nearest code; at a tie of two, float32 may choose either.
    assert np.abs(codes - exact).max() <= 0.5 + 1e-5
    clear = np.abs(exact % 1 - 0.5) > 1e-4
    np.testing.assert_array_equal(codes[clear], np.rint(exact)[clear])


@settings(max_examples=40, deadline=None)
@given(arrays(np.float32, (3, 4, 2), elements=st.floats(-50, 50, width=32)))
def test_encode_decode__within_half_a_quantum(flow):
    again = decode_flow_jpg(*encode_flow_jpg(flow))
    assert pytest.approx(100 / 255) == QUANTUM_PX
    assert np.abs(again - flow).max() <= QUANTUM_PX / 2 + 1e-5


def test_encode__beyond_the_range_saturates_on_both_sides():
    flow = np.float32([[[-50.1, 50.1], [-1e9, 1e9], [-100, -150]]])
    x, y = encode_flow_jpg(flow)
    assert x.tolist() == [[0, 0, 0]]
    assert y.tolist() == [[255, 255, 0]]


def test_encode__float64_and_strided_views():
    flow = np.random.default_rng(0).normal(0, 20, (6, 8, 2))
    x, y = encode_flow_jpg(flow[::2, ::-1])
    expected = np.rint((flow[::2, ::-1] + 50) * 2.55)
    np.testing.assert_array_equal(np.stack([x, y], -1), expected)


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf])
def test_encode__refuses_what_has_no_code(value):
    flow = np.zeros((2, 2, 2), np.float32)
    flow[1, 0, 1] = value
    with pytest.raises(ValueError, match='NaN or infinite'):
        encode_flow_jpg(flow)


def test_encode__empty_flow():
    x, y = encode_flow_jpg(np.zeros((0, 4, 2), np.float32))
    assert x.shape == y.shape == (0, 4)


def test_decode__wrong_arrays():
    grey = np.zeros((2, 3), np.uint8)
    with pytest.raises(ValueError, match=r'differ in size.*\(2, 3\)'):
        decode_flow_jpg(grey, np.zeros((3, 2), np.uint8))
    with pytest.raises(ValueError, match='uint8 images, got float64'):
        decode_flow_jpg(grey.astype(float), grey)


def test_pair__on_disk_is_close_and_better_at_higher_quality(tmp_path):
    y, x = np.mgrid[:40, :56].astype(np.float32)
    flow = np.stack([np.sin(x / 9) * 20, np.cos(y / 7) * 10], -1)
    errors = []
    for quality in (50, 95):
        paths = tmp_path / 'x.jpg', tmp_path / 'y.jpg'
        write_flow_jpg_pair(flow, *paths, quality)
        errors.append(np.abs(read_flow_jpg_pair(*paths) - flow).mean())
    assert errors[1] < 0.2 < errors[0]


def test_read_pair__colour_jpg_and_exif_orientation_do_not_matter(tmp_path):
    codes = np.repeat(np.repeat(ALL_CODES, 8, 0), 8, 1)
    colour = cv2.cvtColor(codes, cv2.COLOR_GRAY2BGR)
    write_jpg(colour, tmp_path / 'x.jpg', 100)
    data = (tmp_path / 'x.jpg').read_bytes()
    exif = b'Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06'
    exif += b'\0\0\0\0\0\0'
    size = (len(exif) + 2).to_bytes(2, 'big')
    tagged = data[:2] + b'\xff\xe1' + size + exif + data[2:]
    (tmp_path / 'y.jpg').write_bytes(tagged)
    flow = read_flow_jpg_pair(tmp_path / 'x.jpg', tmp_path / 'y.jpg')
    np.testing.assert_array_equal(flow[..., 0], flow[..., 1])
    np.testing.assert_allclose(flow[4::8, 4::8, 0], (
        ALL_CODES / 255.0 * 100 - 50
    ), atol=1)  # fmt: skip


def test_read_pair__a_cut_jpg_is_an_error_and_named(tmp_path):
    codes = np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)
    for name in 'xy':
        write_jpg(codes, tmp_path / f'{name}.jpg')
    data = (tmp_path / 'y.jpg').read_bytes()
    (tmp_path / 'y.jpg').write_bytes(data[: len(data) // 2])
    with pytest.raises(ValueError, match=r'y\.jpg: the jpg is cut short'):
        read_flow_jpg_pair(tmp_path / 'x.jpg', tmp_path / 'y.jpg')


@pytest.mark.parametrize('content', [b'', b'no image at all'])
def test_read_pair__no_image(tmp_path, content):
    (tmp_path / 'x.jpg').write_bytes(content)
    with pytest.raises(ValueError, match=r'x\.jpg: not a readable image'):
        read_flow_jpg_pair(tmp_path / 'x.jpg', tmp_path / 'x.jpg')


def test_read_pair__sizes_differ_names_both_files(tmp_path):
    write_jpg(np.zeros((8, 8), np.uint8), tmp_path / 'x.jpg')
    write_jpg(np.zeros((8, 9), np.uint8), tmp_path / 'y.jpg')
    with pytest.raises(ValueError, match=r'x\.jpg: .*differ in size.*y\.jpg'):
        read_flow_jpg_pair(tmp_path / 'x.jpg', tmp_path / 'y.jpg')


@pytest.mark.parametrize('quality', [0, 101])
def test_write_jpg__quality_out_of_range(tmp_path, quality):
    with pytest.raises(ValueError, match=rf'1\.\.100, got {quality}'):
        write_jpg(np.zeros((8, 8), np.uint8), tmp_path / 'x.jpg', quality)
