import numpy as np
import pytest

from mmssl.datasets.identities import Identities
from mmssl.io.errors import DataFileError
from mmssl.registry import DATASETS
from mmssl.testing.toy_images import write_photo

NAMES = (
    '-1_c1s1_000001_00.png',
    '0000_c2s1_000001_00.png',
    '0002_c1s1_000451_03.png',
    '0002_c6s2_000451_01.png',
    '1501_c3s1_000451_03.png',
)


@pytest.fixture
def folder(tmp_path):
    for place, name in enumerate(NAMES):
        image = np.full((8, 4, 3), 10 * place, np.uint8)
        write_photo(tmp_path / 'query' / name, image)
    (tmp_path / 'query' / 'Thumbs.db').write_bytes(b'')
    return tmp_path


def dataset(folder, **options):
    options = {'test_mode': True, **options}
    return Identities(data_root=str(folder), data_prefix='query', **options)


def test_names__of_market_1501(folder):
    found = dataset(folder)
    assert found.get_identities().tolist() == [0, 2, 2, 1501]
    assert found.get_cameras().tolist() == [2, 1, 6, 3]
    assert found.get_identities().dtype == np.int64
    assert any(
        '1 junk' in line and NAMES[0] in line for line in found.left_out
    )
    info = found.get_data_info(-1)
    assert (info['identity'], info['camera']) == (1501, 3)
    assert info['img_path'].endswith(NAMES[4])
    assert info['sample_idx'] == 3


def test_junk__kept_if_asked_for(folder):
    found = dataset(folder, keep_junk=True)
    assert found.get_identities().tolist() == [-1, 0, 2, 2, 1501]


def test_subset__keeps_numbers_with_their_pictures(folder):
    found = dataset(folder, indices=[3, 0])
    assert found.get_identities().tolist() == [1501, 0]
    whole = dataset(folder)
    part = whole.get_subset([2, 1])
    assert part.get_cameras().tolist() == [6, 1]
    assert part.get_data_info(0)['img_path'].endswith(NAMES[3])
    assert len(whole) == 4


def test_sample__goes_through_the_pipeline(folder):
    found = DATASETS.build(
        dict(
            type='Identities',
            data_root=str(folder),
            data_prefix='query',
            test_mode=True,
            pipeline=[
                dict(type='LoadImageRGB'),
                dict(type='PackViews', meta_keys=('identity', 'camera')),
            ],
        )
    )
    sample = found[1]
    assert sample['inputs'][0].unique().tolist() == [20]
    assert sample['data_samples'].metainfo == dict(identity=2, camera=1)


def test_naming__of_others(folder):
    for name in ('0000_001_07_morning.png', '0003_002_14_noon.png'):
        write_photo(folder / 'other' / name, np.zeros((4, 4, 3), np.uint8))
    found = Identities(
        data_root=str(folder),
        data_prefix='other',
        naming=r'(?P<identity>\d+)_\d+_(?P<camera>\d+)_',
    )
    assert found.get_identities().tolist() == [0, 3]
    assert found.get_cameras().tolist() == [7, 14]


def test_mistakes(folder):
    write_photo(folder / 'query' / 'cat.png', np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(DataFileError, match=r'cat\.png.*identity and camera'):
        dataset(folder)
    with pytest.raises(ValueError, match='needs the groups'):
        dataset(folder, naming=r'(?P<identity>\d+)')
    with pytest.raises(ValueError, match='no regular expression'):
        dataset(folder, naming='(')


def test_only_junk(tmp_path):
    write_photo(tmp_path / 'query' / NAMES[0], np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(ValueError, match='1 images, 1 of them junk'):
        dataset(tmp_path)
