"""The attributes are where readers of PA-100K look for them."""

import numpy as np
import pytest
from mmpretrain.datasets import MultiLabelDataset
from scipy.io import loadmat

from mmssl.io.images import read_rgb
from mmssl.worlds.person_attributes import ATTRIBUTES

SPLITS = ('train', 'val', 'test')


@pytest.fixture(scope='module')
def content(tiny_world):
    return loadmat(tiny_world / 'pa100k' / 'annotation.mat')


def test_pa100k__names_of_the_attributes(content):
    names = [row[0][0] for row in content['attributes']]
    assert tuple(names) == ATTRIBUTES
    assert len(names) == 26


def test_pa100k__pictures_are_numbered_through(content, tiny_world):
    names = [
        row[0][0]
        for split in SPLITS
        for row in content[f'{split}_images_name']
    ]
    assert names == [f'{i:06d}.jpg' for i in range(1, len(names) + 1)]
    folder = tiny_world / 'pa100k' / 'release_data'
    assert sorted(path.name for path in folder.iterdir()) == names


@pytest.mark.parametrize('split', SPLITS)
def test_pa100k__mmpretrain_reads_the_same(
    content, tiny_world, tiny_settings, split
):
    labels = content[f'{split}_label']
    assert labels.shape == (tiny_settings.counts['pa100k'][split], 26)
    assert set(np.unique(labels)) <= {0, 1}
    dataset = MultiLabelDataset(
        f'{split}.json',
        data_root=str(tiny_world / 'pa100k'),
        data_prefix='release_data',
    )
    assert dataset.metainfo['classes'] == list(ATTRIBUTES)
    assert len(dataset) == len(labels)
    for i, row in enumerate(labels):
        info = dataset.get_data_info(i)
        assert np.flatnonzero(row).tolist() == info['gt_label']
        height = read_rgb(info['img_path']).shape[0]
        assert height == tiny_settings.person_px
