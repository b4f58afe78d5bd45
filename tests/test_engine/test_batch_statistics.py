"""Numbers and pictures of a batch."""

import cv2
import numpy as np
import pytest
import torch
from mmpretrain.structures import DataSample

from mmssl.engine.batch_statistics import (
    batch_picture,
    tensor_rows,
    write_picture,
)


def batch():
    sample = DataSample(metainfo=dict(img_path='b.png'))
    sample.gt_flow = torch.tensor([1.0, -3.0, float('nan'), float('inf')])
    return dict(
        inputs=dict(img=[torch.full((3, 8, 12), 7, dtype=torch.uint8)]),
        data_samples=[sample],
    )


def test_rows__statistics_over_finite_values_bad_ones_first():
    first, second = tensor_rows(batch(), [dict(img_path='b.png')])
    assert first.path == 'data_samples.0.gt_flow'
    assert first.sample == 'b.png'
    assert first[4:] == (-3.0, 1.0, -1.0, 0.5)
    assert second.path == 'inputs.img.0'
    assert (second.shape, second.dtype) == ((3, 8, 12), 'uint8')
    assert second[4:] == (7.0, 7.0, 7.0, 0.0)


def test_rows__of_nothing_finite_and_of_nothing():
    rows = tensor_rows([np.array([np.nan]), torch.zeros(0, 2)])
    assert [row.non_finite for row in rows] == [1.0, 1.0] or (
        rows[0].non_finite == 1.0
    )
    assert np.isnan([row.mean for row in rows]).all()


def test_rows__sample_without_path_by_its_index():
    (row,) = tensor_rows([torch.zeros(1)], [dict(sample_idx=31)])
    assert row.sample == '31'


def test_picture__images_side_by_side(tmp_path):
    image = np.zeros((3, 10, 20), np.uint8)
    image[0], image[2, 3, 4] = 200, 90
    images = [torch.from_numpy(image), torch.from_numpy(image // 2)]
    picture = batch_picture(dict(img=images))
    assert picture.shape == (14, 48, 3)
    assert picture[3, 4].tolist() == [200, 0, 90]
    assert picture[3, 28].tolist() == [100, 0, 45]
    assert picture[12, 2].tolist() == [255] * 3
    write_picture(picture, tmp_path / 'a.png')
    read = cv2.imread(str(tmp_path / 'a.png'))[..., ::-1]
    np.testing.assert_array_equal(read, picture)


def test_picture__float_images_are_stretched_and_nan_is_red():
    image = torch.zeros(1, 3, 8, 8)
    image[0, :, 0, 0], image[0, :, 0, 1] = 2.0, -2.0
    image[0, 1, 5, 5] = float('nan')
    picture = batch_picture([image])
    assert picture[0, 0].tolist() == [255] * 3
    assert picture[0, 1].tolist() == [0] * 3
    assert picture[1, 1].tolist() == [127] * 3
    assert picture[5, 5].tolist() == [255, 0, 0]


def test_picture__large_ones_are_shrunk_and_counted():
    images = torch.zeros(40, 3, 400, 200, dtype=torch.uint8)
    picture = batch_picture(dict(inputs=images), most=4)
    assert picture.shape == (2 * 196, 2 * 100, 3)


def test_picture__no_images():
    assert batch_picture(dict(x=torch.zeros(4, 4))) is None


def test_write_picture__says_which_file(tmp_path):
    file = tmp_path / 'none' / 'a.png'
    with pytest.raises(OSError, match=r'none.a\.png could not be written'):
        write_picture(np.zeros((4, 4, 3), np.uint8), file)
