"""Photos and label maps as files."""

import cv2
import numpy as np
import pytest

from mmssl.worlds.image_files import write_bytes, write_labels, write_photo


@pytest.fixture
def image():
    rng = np.random.default_rng(0)
    coarse = rng.uniform(0, 255, (6, 8, 3)).astype(np.float32)
    smooth = cv2.resize(coarse, (64, 48), interpolation=cv2.INTER_CUBIC)
    return np.clip(smooth, 0, 255).astype(np.uint8)


def test_write_photo__is_rgb_and_close(tmp_path, image):
    path = tmp_path / 'new' / 'a.jpg'
    write_photo(str(path), image)
    back = cv2.imread(str(path))[..., ::-1]
    assert np.abs(back.astype(int) - image).mean() < 4
    swapped = np.abs(back[..., ::-1].astype(int) - image).mean()
    assert swapped > 20


def test_write_photo__keeps_texture(tmp_path):
    """Of noise in brightness, at least nine tenths of the strength stay."""
    rng = np.random.default_rng(0)
    grey = np.clip(rng.normal(128, 25, (64, 64, 1)), 0, 255).astype(np.uint8)
    write_photo(str(tmp_path / 'a.jpg'), np.repeat(grey, 3, 2))
    back = cv2.imread(str(tmp_path / 'a.jpg'), 0).astype(float)
    error = back - grey[..., 0]
    assert error.std() < 0.1 * grey.std()


def test_write_photo__equal_arrays_give_equal_bytes(tmp_path, image):
    write_photo(str(tmp_path / 'a.jpg'), image)
    write_photo(str(tmp_path / 'b.jpg'), np.asfortranarray(image))
    first = (tmp_path / 'a.jpg').read_bytes()
    assert first == (tmp_path / 'b.jpg').read_bytes()


def test_write_labels__are_exact(tmp_path):
    labels = np.random.default_rng(0).integers(0, 256, (20, 30), np.uint8)
    write_labels(str(tmp_path / 'a.png'), labels)
    back = cv2.imread(str(tmp_path / 'a.png'), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(back, labels)


def test_write_labels__of_a_mask_are_0_and_255(tmp_path):
    mask = np.eye(16, dtype=bool)
    write_labels(str(tmp_path / 'a.png'), mask)
    back = cv2.imread(str(tmp_path / 'a.png'), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(back, 255 * mask)


def test_write__a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(OSError, match='file'):
        write_bytes(str(tmp_path / 'file' / 'a.txt'), b'')
