"""MATLAB files with equal bytes for equal content."""

import time

import numpy as np
from scipy.io import loadmat

from mmssl.worlds.mat_files import cells, write_mat


def test_write_mat__reads_back_as_the_published_files_do(tmp_path):
    boxes = np.array([[1, 2.5, 3, 4, 5.25]])
    path = str(tmp_path / 'a' / 'a.mat')
    write_mat(path, dict(box_new=boxes, names=cells(['c1s1_000001', 'b'])))
    content = loadmat(path)
    np.testing.assert_array_equal(content['box_new'], boxes)
    assert [row[0][0] for row in content['names']] == ['c1s1_000001', 'b']


def test_write_mat__bytes_know_no_time(tmp_path, monkeypatch):
    values = dict(a=np.arange(5.0), b=cells(['x']))
    write_mat(str(tmp_path / '1.mat'), values)
    monkeypatch.setattr(time, 'asctime', lambda *args: 'another time')
    write_mat(str(tmp_path / '2.mat'), values)
    first = (tmp_path / '1.mat').read_bytes()
    assert first == (tmp_path / '2.mat').read_bytes()
    assert first.startswith(b'MATLAB 5.0 MAT-file ')
    assert first[124:128] == b'\x00\x01IM'  # version and byte order
