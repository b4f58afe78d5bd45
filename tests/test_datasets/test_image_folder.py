"""Image folders as datasets."""

import logging
import pickle

import numpy as np
import pytest
import torch
from mmengine.dataset import (
    ClassBalancedDataset,
    ConcatDataset,
    default_collate,
)
from torch.utils.data import DataLoader

from mmssl.datasets import Draw, DrawSampler, ImageFolder
from mmssl.io.errors import DataFileError
from mmssl.io.images import read_rgb
from mmssl.registry import DATASETS
from mmssl.testing.toy_images import make_toy_images

LOAD = [dict(type='LoadImageRGB')]


def write(path, *lines):
    path.write_text('\n'.join(lines) + '\n')
    return path.name


@pytest.fixture(scope='module')
def toys(tmp_path_factory):
    folder = tmp_path_factory.mktemp('toys')
    make_toy_images(folder / 'train', 6, (24, 32), 2, list_name='all.txt')
    return folder


def test_folder__samples_are_the_files(toys):
    data = DATASETS.build(
        dict(type='ImageFolder', data_root=str(toys), pipeline=LOAD)
    )
    assert len(data) == 6
    for i in range(6):
        sample = data[Draw(i, i)]
        np.testing.assert_array_equal(
            sample['img'], read_rgb(sample['img_path'])
        )
        assert 'gt_label' not in sample
    info = data.get_data_info(-1)
    path = str(toys / 'train' / 'class_1' / '0005.jpg')
    assert info == dict(img_path=path, sample_idx=5)


def test_folder__labels_of_sub_folders(toys):
    data = ImageFolder(str(toys), 'train', labels='folders')
    assert data.metainfo['classes'] == ('class_0', 'class_1')
    assert data.get_gt_labels().tolist() == [0, 0, 0, 1, 1, 1]
    assert data.get_data_info(4)['gt_label'] == 1
    assert data.get_cat_ids(0) == [0]
    named = ImageFolder(
        str(toys), 'train', labels='folders', classes=['class_1', 'class_0']
    )
    assert named.get_gt_labels().tolist() == [1, 1, 1, 0, 0, 0]


def test_list__the_same_images_and_labels(toys):
    data = ImageFolder(
        str(toys), 'train', ann_file='train/all.txt', labels='list'
    )
    assert data.get_gt_labels().tolist() == [0, 1, 0, 1, 0, 1]
    assert data.get_data_info(1) == dict(
        img_path=str(toys / 'train' / 'class_1' / '0001.jpg'),
        source=f'{toys / "train" / "all.txt"}, line 2',
        sample_idx=1,
        gt_label=1,
    )
    unlabelled = ImageFolder(str(toys), 'train', ann_file=['train/all.txt'])
    assert 'gt_label' not in unlabelled.get_data_info(1)


def test_subset__keeps_labels_and_places(toys):
    whole = ImageFolder(str(toys), 'train', labels='folders')
    part = whole.get_subset([5, 0])
    assert part.get_gt_labels().tolist() == [1, 0]
    assert part.get_data_info(0)['img_path'].endswith('0005.jpg')
    assert part.get_data_info(0)['sample_idx'] == 0
    part.get_subset_(1)
    assert len(part) == 1
    assert len(whole) == 6
    last = ImageFolder(str(toys), 'train', indices=-2, lazy_init=True)
    assert [last.get_data_info(i)['img_path'][-8:] for i in (0, 1)] == [
        '0003.jpg',
        '0005.jpg',
    ]


def test_wrappers__of_the_host(toys):
    one = ImageFolder(str(toys), 'train', labels='folders')
    both = ConcatDataset([one, one.get_subset(1)])
    assert len(both) == 7
    assert len(ClassBalancedDataset(one, 0.9)) >= 6


def test_loader__spawned_workers_see_the_same_files(toys):
    data = ImageFolder(str(toys), pipeline=LOAD, test_mode=True)
    copied = pickle.loads(pickle.dumps(data))
    paths = [data[i]['img_path'] for i in range(6)]
    assert [copied[i]['img_path'] for i in range(6)] == paths
    loader = DataLoader(
        ImageFolder(str(toys), pipeline=[*LOAD, _path]),
        sampler=DrawSampler(data, seed=1, infinite=False),
        num_workers=2,
        batch_size=None,
    )
    assert sorted(loader) == sorted(paths)


def _path(results):
    return results['img_path']


VIEW = [
    dict(type='RandomResizedCropView', size=20),
    dict(type='FlipView'),
    dict(type='ColorJitterView'),
    dict(type='GrayscaleView'),
    dict(type='ResizeBlurView', prob=0.5),
    dict(type='GaussianBlurView', prob=0.5),
    dict(type='SolarizeView'),
]


def test_loader__views_depend_on_the_draw_alone(toys):
    """As many workers as one likes give the same views, boxes, labels."""

    def batches(num_workers):
        data = ImageFolder(
            str(toys),
            'train',
            labels='folders',
            seed=3,
            pipeline=[
                *LOAD,
                dict(type='MultiViewGeometry', views=[VIEW, VIEW]),
                dict(type='SampleBoxPairs', num_boxes=3, min_size=8),
                dict(type='PackViews'),
            ],
        )
        sampler = DrawSampler(data, seed=1, infinite=False)
        return list(
            DataLoader(
                data,
                sampler=sampler,
                batch_size=3,
                num_workers=num_workers,
                collate_fn=default_collate,
            )
        )

    for ours, theirs in zip(batches(0), batches(2)):
        assert len(ours['inputs']) == 2
        for one, other in zip(ours['inputs'], theirs['inputs']):
            assert one.shape == (3, 3, 20, 20)
            assert torch.equal(one, other)
        for one, other in zip(ours['data_samples'], theirs['data_samples']):
            assert one.img_path == other.img_path
            assert torch.equal(one.boxes, other.boxes)
            assert torch.equal(one.view_geometry, other.view_geometry)
            folder = one.img_path.split('/')[-2]
            assert one.gt_label.item() == int(folder[-1])


def test_broken_file__is_replaced_in_training_and_stops_validation(tmp_path):
    make_toy_images(tmp_path, 4, (16, 16))
    (tmp_path / '0002.jpg').write_bytes(b'no image')
    data = ImageFolder(str(tmp_path), pipeline=LOAD)
    assert data[Draw(2, 0)]['img_path'] != str(tmp_path / '0002.jpg')
    assert data.num_skipped == 1
    val = ImageFolder(str(tmp_path), pipeline=LOAD, test_mode=True)
    with pytest.raises(DataFileError, match=r'0002\.jpg: not a readable'):
        val[2]
    kept = ImageFolder(
        str(tmp_path),
        pipeline=LOAD,
        test_mode=True,
        unreadable='leave_out',
    )
    assert len(kept) == 3
    assert kept[2]['img_path'] == str(tmp_path / '0003.jpg')


def test_log__says_what_is_left_out(tmp_path, monkeypatch):
    from mmssl.datasets import image_folder

    told = []
    monkeypatch.setattr(
        image_folder,
        'print_log',
        lambda text, logger, level: told.append((level, text)),
    )
    make_toy_images(tmp_path, 3, (8, 8))
    ImageFolder(str(tmp_path))
    assert not told
    for name in ('.hidden.jpg', 'a.csv', 'b.csv'):
        (tmp_path / name).touch()
    ImageFolder(str(tmp_path))
    ((level, text),) = told
    assert level == logging.INFO
    assert text.startswith(f'{tmp_path}: 3 images; left out:\n  2 .csv')
    assert '1 hidden: .hidden.jpg' in text


def test_fingerprint__changes_with_the_files(tmp_path):
    make_toy_images(tmp_path, 2, (8, 8))
    before = ImageFolder(str(tmp_path)).fingerprint()
    (tmp_path / '0001.jpg').rename(tmp_path / '0007.jpg')
    assert ImageFolder(str(tmp_path)).fingerprint() != before


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (dict(labels='folder'), r"\['folders', 'list'\] or None, got 'fold"),
        (dict(labels='list'), 'needs ann_file'),
        (dict(labels='folders', ann_file='a.txt'), 'without ann_file'),
        (dict(classes=['a']), 'no labels'),
        (dict(ann_file=dict(a=1)), 'ann_file must be a path'),
        (dict(ann_file=[3]), 'ann_file must be a path'),
        (dict(data_prefix=dict(img_path='a')), 'data_prefix must be a path'),
        (dict(indices=0), 'gives 6, indices=0'),
        (dict(unreadable='skip'), 'unreadable must be one of'),
    ],
)
def test_error__arguments(toys, arguments, message):
    with pytest.raises(ValueError, match=message):
        ImageFolder(str(toys), **arguments)


def test_error__missing_folder_list_and_labels(toys):
    with pytest.raises(FileNotFoundError, match='no such folder of images'):
        ImageFolder(str(toys / 'nope'))
    with pytest.raises(FileNotFoundError, match=r'l\.txt: no such list'):
        ImageFolder(str(toys), ann_file='l.txt', labels='list')
    with pytest.raises(ValueError, match='have no labels: give labels='):
        ImageFolder(str(toys)).get_gt_labels()


def test_list__of_names_costs_next_to_nothing(tmp_path):
    """Millions of names: the text stays in its file, also when sent."""
    names = [f'{i % 97}/person_{i:08d}.jpg' for i in range(100_000)]
    (tmp_path / 'names.txt').write_text('\n'.join(names))
    options = dict(data_prefix='images', ann_file='names.txt')
    whole = ImageFolder(str(tmp_path), **options)
    head = ImageFolder(str(tmp_path), indices=70_000, **options)
    assert (len(whole), len(head)) == (100_000, 70_000)
    for i in (0, 63, 64, 69_999):
        want = str(tmp_path / 'images' / names[i])
        assert head.get_data_info(i)['img_path'] == want
    # 16 bytes for each 64 names: 1 MB for four millions
    assert len(pickle.dumps(head)) < 100_000 / 64 * 16 + 5_000
