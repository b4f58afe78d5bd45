"""Pictures of one person are read by the datasets of real ones."""

import numpy as np
import pytest

from mmssl.datasets.image_folder import ImageFolder
from mmssl.datasets.image_masks import ImageMasks
from mmssl.io.images import read_rgb
from mmssl.io.index_masks import read_index_mask
from mmssl.worlds.puppets.parts import PARTS

SPLITS = ('train', 'val')


@pytest.mark.parametrize('split', SPLITS)
def test_people__image_folder_reads_them(tiny_world, tiny_settings, split):
    folder = ImageFolder(str(tiny_world / 'people'), split)
    assert len(folder) == tiny_settings.counts['people'][split]
    shapes = {
        read_rgb(folder.get_data_info(i)['img_path']).shape[:2]
        for i in range(len(folder))
    }
    assert {height for height, _ in shapes} == {tiny_settings.person_px}
    assert len(shapes) > 1  # as wide as people are
    assert max(width for _, width in shapes) < 1.3 * tiny_settings.person_px


def test_people__all_differ(tiny_world):
    for part in ('people', 'lip'):
        files = list((tiny_world / part).rglob('*.jpg'))
        assert len({path.read_bytes() for path in files}) == len(files) > 10


@pytest.mark.parametrize('split', SPLITS)
def test_lip__image_masks_reads_it(tiny_world, tiny_settings, split):
    masks = ImageMasks(
        f'{split}_images',
        f'{split}_segmentations',
        PARTS,
        ann_file=f'{split}_id.txt',
        data_root=str(tiny_world / 'lip'),
    )
    assert len(masks) == tiny_settings.counts['lip'][split]
    for i in range(len(masks)):
        info = masks.get_data_info(i)
        mask = read_index_mask(info['mask_path'])
        assert mask.shape == read_rgb(info['img_path']).shape[:2]
        person = (mask > 0) & (mask < 255)
        # somebody is there, of several parts, head over feet, in the middle
        assert 0.1 < person.mean() < 0.8
        assert set(np.unique(mask)) <= {*range(20), 255}
        assert len(set(mask[person])) >= 4
        rows, columns = np.nonzero(person)
        height, width = mask.shape
        assert np.ptp(rows) > 0.7 * height
        assert 0.25 * width < columns.mean() < 0.75 * width
        head = np.nonzero(np.isin(mask, (1, 2, 13)))[0]
        if len(head):
            assert head.mean() < rows.mean()


@pytest.mark.downstream
def test_lip__mmseg_reads_it(tiny_world, tiny_settings):
    pytest.importorskip('mmseg')
    from mmseg.datasets import LIPDataset

    for split in SPLITS:
        dataset = LIPDataset(
            data_root=str(tiny_world / 'lip'),
            ann_file=f'{split}_id.txt',
            data_prefix=dict(
                img_path=f'{split}_images',
                seg_map_path=f'{split}_segmentations',
            ),
        )
        assert len(dataset) == tiny_settings.counts['lip'][split]
        info = dataset.get_data_info(0)
        assert info['seg_map_path'].endswith('segmentations/000000.png')
        assert read_rgb(info['img_path']).ndim == 3
