import numpy as np
import pytest

from mmssl.io.flow_files import read_flow, write_flo, write_flow_jpg_pair


@pytest.fixture
def flow():
    return np.full((16, 24, 2), [3.0, -7.0], np.float32)


def test_read_flow__one_path_or_a_list_of_one_is_flo(tmp_path, flow):
    path = tmp_path / 'a.flo'
    write_flo(flow, path)
    for given in (path, str(path), [path], (str(path),)):
        np.testing.assert_array_equal(read_flow(given), flow)


def test_read_flow__two_paths_are_x_and_y(tmp_path, flow):
    paths = [str(tmp_path / 'x.jpg'), str(tmp_path / 'y.jpg')]
    write_flow_jpg_pair(flow, *paths)
    np.testing.assert_allclose(read_flow(paths), flow, atol=0.2)
    np.testing.assert_allclose(
        read_flow(paths[::-1]), flow[..., ::-1], atol=0.2
    )


@pytest.mark.parametrize('paths', [[], ['a', 'b', 'c']])
def test_read_flow__other_numbers_of_paths(paths):
    with pytest.raises(ValueError, match=f'got {len(paths)} paths'):
        read_flow(paths)
