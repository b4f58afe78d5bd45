import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mmssl.io.flo import check_flow, read_flo, write_flo


@settings(max_examples=25, deadline=None)
@given(
    st.tuples(st.integers(1, 5), st.integers(1, 6)).flatmap(
        lambda hw: arrays(
            np.float32, (*hw, 2), elements=st.floats(width=32, allow_nan=True)
        )
    )
)
def test_flo__round_trip_is_exact_bit_by_bit(tmp_path_factory, flow):
    path = tmp_path_factory.mktemp('flo') / 'a.flo'
    write_flo(flow, path)
    again = read_flo(path, limit=None)
    assert again.dtype == np.float32
    assert again.tobytes() == flow.tobytes()


def test_write_flo__bytes_are_those_of_the_format(tmp_path):
    flow = np.arange(12, dtype=np.float64).reshape(2, 3, 2)
    write_flo(flow, tmp_path / 'a.flo')
    expected = b'PIEH' + struct.pack('<ii12f', 3, 2, *range(12))
    assert (tmp_path / 'a.flo').read_bytes() == expected


def test_write_flo__of_a_strided_view(tmp_path):
    flow = np.arange(48, dtype=np.float32).reshape(4, 6, 2)[::2, ::3]
    write_flo(flow, tmp_path / 'a.flo')
    np.testing.assert_array_equal(read_flo(tmp_path / 'a.flo'), flow)


def test_read_flo__result_is_writable(tmp_path):
    write_flo(np.zeros((2, 2, 2), np.float32), tmp_path / 'a.flo')
    read_flo(tmp_path / 'a.flo')[0, 0] = 1


@pytest.mark.parametrize(
    ('content', 'problem'),
    [
        (b'', 'not a .flo file: 0 bytes'),
        (b'PIEH\x01', 'not a .flo file: 5 bytes'),
        (struct.pack('<fii2f', 1, 1, 1, 0, 0), 'begins with 1.0'),
        (struct.pack('<fii', 202021.25, 2, 2), 'needs 44 bytes.*has 12'),
        (struct.pack('<fii3f', 202021.25, 1, 1, 0, 0, 0), 'needs 20 bytes'),
        (struct.pack('<fii', 202021.25, -2, -2), 'damaged'),
        (struct.pack('<fii', 202021.25, 0, 9), 'damaged'),
    ],
)
def test_read_flo__damaged_file_is_named(tmp_path, content, problem):
    path = tmp_path / 'flow of mine.flo'
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f'flow of mine.flo.*{problem}'):
        read_flo(path)


def test_read_flo__missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'nothing\.flo'):
        read_flo(tmp_path / 'nothing.flo')


@pytest.mark.parametrize('shape', [(4, 4), (4, 4, 3), (1, 4, 4, 2)])
def test_check_flow__names_the_shape(shape):
    with pytest.raises(ValueError, match=r'\(H, W, 2\), got shape \(.*4'):
        check_flow(np.zeros(shape))


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf, 1e10, -10_001])
def test_read_flo__values_that_are_no_motion(tmp_path, value):
    flow = np.zeros((3, 4, 2), np.float32)
    flow[1, 2, 1] = value
    write_flo(flow, tmp_path / 'a.flo')
    match = r'a\.flo: 1 of 12 flow vectors .* in row 1, column 2'
    with pytest.raises(ValueError, match=match):
        read_flo(tmp_path / 'a.flo')
    np.testing.assert_array_equal(read_flo(tmp_path / 'a.flo', None), flow)


def test_read_flo__large_motion_is_motion(tmp_path):
    flow = np.full((3, 4, 2), -10_000, np.float32)
    write_flo(flow, tmp_path / 'a.flo')
    np.testing.assert_array_equal(read_flo(tmp_path / 'a.flo'), flow)
