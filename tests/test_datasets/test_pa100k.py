import numpy as np
import pytest
from scipy.io import savemat

from mmssl.datasets.pa100k import PA100K
from mmssl.io.errors import DataFileError

NAMES = ['Female', 'Hat', 'boots']
LABELS = {
    'train': [[1, 0, 1], [0, 0, 0]],
    'val': [[0, 1, 0]],
    'test': [[1, 1, 1]],
}


def cells(texts):
    """A column of cells as MATLAB writes them: each an array of one text."""
    column = np.empty((len(texts), 1), object)
    column[:, 0] = [np.array([text]) for text in texts]
    return column


@pytest.fixture
def root(tmp_path):
    values = dict(attributes=cells(NAMES))
    number = 0
    for split, rows in LABELS.items():
        names = [f'{number + i:06d}.jpg' for i in range(len(rows))]
        number += len(rows)
        values[f'{split}_images_name'] = cells(names)
        values[f'{split}_label'] = np.array(rows, np.uint8)
    savemat(tmp_path / 'annotation.mat', values)
    return tmp_path


def infos(root, **kwargs):
    dataset = PA100K(data_root=str(root), **kwargs)
    return dataset, [dataset.get_data_info(i) for i in range(len(dataset))]


def test_pa100k__files_and_attributes(root):
    dataset, found = infos(root)
    assert dataset.metainfo['classes'] == tuple(NAMES)
    folder = str(root / 'release_data')
    assert [info['img_path'] for info in found] == [
        f'{folder}/000000.jpg',
        f'{folder}/000001.jpg',
    ]
    assert [info['gt_label'] for info in found] == [[0, 2], []]
    assert dataset.get_cat_ids(0) == [0, 2]
    assert [i['gt_label'] for i in infos(root, split='val')[1]] == [[1]]
    assert [i['gt_label'] for i in infos(root, split='test')[1]] == [[0, 1, 2]]


def test_pa100k__both_splits_and_other_folder(root):
    prefix = dict(img_path='data')
    _, found = infos(root, split='trainval', data_prefix=prefix)
    assert [info['img_path'] for info in found] == [
        str(root / 'data' / f'00000{i}.jpg') for i in range(3)
    ]


def test_pa100k__some_attributes_in_their_order(root):
    dataset, found = infos(root, attributes=['boots', 'Female'])
    assert dataset.metainfo['classes'] == ('boots', 'Female')
    assert [info['gt_label'] for info in found] == [[0, 1], []]
    with pytest.raises(
        ValueError, match=r"unknown attributes \['hat'\]; vali"
    ):
        infos(root, attributes=['hat'])


def test_pa100k__mistakes(root):
    with pytest.raises(ValueError, match='one of test, train, trainval, val'):
        PA100K('all', data_root=str(root))
    with pytest.raises(DataFileError, match='no such file'):
        infos(root, ann_file='a.mat')
    (root / 'b.mat').write_bytes(b'x' * 300)
    with pytest.raises(DataFileError, match='is no MATLAB 5 file'):
        infos(root, ann_file='b.mat')
    savemat(root / 'c.mat', dict(attributes=cells(NAMES)))
    with pytest.raises(DataFileError, match='it has no train_images_name'):
        infos(root, ann_file='c.mat')


def test_pa100k__labels_that_do_not_fit(root):
    values = dict(attributes=cells(NAMES))
    for split in LABELS:
        values[f'{split}_images_name'] = cells(['a.jpg', 'b.jpg'])
        values[f'{split}_label'] = np.zeros((2, 2))
    savemat(root / 'd.mat', values)
    with pytest.raises(DataFileError, match=r'\(2, 2\); 2 pictures of 3'):
        infos(root, ann_file='d.mat')


@pytest.mark.downstream
def test_pa100k__through_mmpretrain(root):
    registry = pytest.importorskip('mmpretrain.registry')
    import cv2

    (root / 'release_data').mkdir()
    image = np.full((12, 6, 3), 7, np.uint8)
    cv2.imwrite(str(root / 'release_data' / '000003.jpg'), image)
    dataset = registry.DATASETS.build(
        dict(
            type='mmssl.PA100K',
            split='test',
            data_root=str(root),
            test_mode=True,
            pipeline=[
                dict(type='mmpretrain.LoadImageFromFile'),
                dict(type='mmpretrain.PackInputs'),
            ],
        )
    )
    sample = dataset[0]
    assert sample['inputs'].shape == (3, 12, 6)
    assert sample['data_samples'].gt_label.tolist() == [0, 1, 2]
