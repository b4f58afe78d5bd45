from pathlib import Path

import numpy as np
import torch
from PIL import Image

from mmssl.apis.image_fit import ImageFit
from mmssl.apis.user_images import as_rgb
from mmssl.datasets.fitted_images import FittedImages
from mmssl.datasets.image_sources import SearchedImages


def folder(path):
    for n, hw in enumerate([(20, 30), (40, 30), (9, 9)]):
        pixels = np.full((*hw, 3), [n, 10, 200], np.uint8)
        Image.fromarray(pixels).save(path / f'{n}.png')
    (path / '1b.jpg').write_bytes(b'broken')
    return SearchedImages(str(path))


def test_batch__images_and_what_is_unreadable(tmp_path):
    source = folder(tmp_path)
    images = FittedImages(source, tmp_path, as_rgb, ImageFit((16, 8)))
    assert len(images) == 4
    batch = images[[3, 2, 0]]  # 2.png, 1b.jpg, 0.png
    assert [source[n].name for n in batch.readable] == ['2.png', '0.png']
    assert batch.numbers == (3, 2, 0)
    assert batch.unreadable == {2: 'not a readable image'}
    assert batch.images.shape == (2, 3, 16, 8)
    assert batch.images.dtype == torch.uint8
    assert batch.images[:, :, 3, 3].tolist() == [[2, 10, 200], [0, 10, 200]]


def test_batch__nothing_readable(tmp_path):
    images = FittedImages(
        folder(tmp_path), tmp_path, as_rgb, ImageFit((16, 8))
    )
    batch = images[[2]]
    assert len(batch.images) == len(batch.readable) == 0


def test_batch__any_error_is_a_reason(tmp_path):
    def read(path):
        raise MemoryError

    images = FittedImages(folder(tmp_path), tmp_path, read, ImageFit(None))
    assert images[[0]].unreadable == {0: 'MemoryError'}
    assert Path(tmp_path, images.source[0].name).is_file()
