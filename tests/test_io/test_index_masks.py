import numpy as np
import pytest
from PIL import Image

from mmssl.io.errors import DataFileError
from mmssl.io.index_masks import read_index_mask


@pytest.mark.parametrize('dtype', ['uint8', 'uint16'])
def test_read__numbers_as_they_are(tmp_path, dtype):
    mask = np.array([[0, 1, 255], [7, 58, 3]], dtype)
    mask[0, 2] = np.iinfo(dtype).max
    Image.fromarray(mask).save(tmp_path / 'a.png')
    found = read_index_mask(tmp_path / 'a.png')
    assert found.tolist() == mask.tolist()


def test_read__palette_and_two_levels(tmp_path):
    mask = np.array([[0, 2], [1, 2]], np.uint8)
    image = Image.fromarray(mask)
    image.putpalette([200, 0, 0, 0, 200, 0, 0, 0, 200])
    image.save(tmp_path / 'p.png')
    assert read_index_mask(tmp_path / 'p.png').tolist() == mask.tolist()
    Image.fromarray(mask > 0).save(tmp_path / 'b.png')
    found = read_index_mask(tmp_path / 'b.png')
    assert found.dtype == np.uint8
    assert found.tolist() == [[0, 1], [1, 1]]


def test_read__what_is_no_mask(tmp_path):
    Image.new('RGB', (4, 4)).save(tmp_path / 'c.png')
    with pytest.raises(DataFileError, match=r'c\.png: is of mode RGB: an ind'):
        read_index_mask(tmp_path / 'c.png')
    (tmp_path / 'd.png').write_bytes(b'no image')
    with pytest.raises(DataFileError, match=r'd\.png: cannot be decoded'):
        read_index_mask(tmp_path / 'd.png')
    with pytest.raises(FileNotFoundError):
        read_index_mask(tmp_path / 'e.png')
