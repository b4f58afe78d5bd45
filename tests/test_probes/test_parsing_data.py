import shutil

import pytest
import torch

from mmssl.engine.run_config import LaunchError
from mmssl.probes.parsing_data import read_parsing_data
from mmssl.probes.parsing_options import ParsingOptions
from mmssl.testing.toy_people import make_toy_people


@pytest.fixture(scope='module')
def people(tmp_path_factory):
    return make_toy_people(tmp_path_factory.mktemp('people'), n=6)


def read(people, val=None, **options):
    kinds = dict(classes=people / 'labels.json')
    folders = people / 'images', people / 'masks'
    other = (val, people / 'masks') if val else (None, None)
    options = ParsingOptions(size=(32, 16), **options)
    return read_parsing_data(folders, other, kinds, options)


def test_read__one_pair_of_folders_or_two(people, tmp_path):
    data, held = read(people)
    assert data.images.shape == (6, 3, 32, 16)
    assert [tuple(mask.shape) for mask in data.masks[:2]] == [
        (96, 48),
        (112, 48),
    ]
    assert held == 0
    more = shutil.copytree(people / 'images', tmp_path / 'more')
    both, held = read(people, val=more)
    assert (len(both.masks), held) == (12, 6)
    assert torch.equal(both.images[:6], both.images[6:])
    some, _ = read(people, max_images=4, seed=1)
    assert len(some.masks) == 4


def test_read__crops_are_of_smaller_masks(people):
    whole, cut = read(people)[0], read(people, crops=0.3)[0]
    assert cut.images.shape == whole.images.shape
    sizes = [a.numel() / b.numel() for a, b in zip(cut.masks, whole.masks)]
    assert max(sizes) <= 1.01
    assert min(sizes) >= 0.28
    assert sum(sizes) / len(sizes) < 0.9
    again = read(people, crops=0.3)[0]
    assert torch.equal(again.images, cut.images)


def test_read__mistakes(people):
    options, kinds = ParsingOptions(), dict(classes=['a', 'b'])
    folders = people / 'images', people / 'masks'
    with pytest.raises(
        LaunchError, match=r'--val.* and one of masks \(--val-'
    ):
        read_parsing_data(folders, (people, None), kinds, options)
    with pytest.raises(LaunchError, match='--val is the folder of --data'):
        read(people, val=people / 'masks' / '..' / 'images')
    with pytest.raises(LaunchError, match="no folder '/no'"):
        read_parsing_data(('/no', people), (None, None), kinds, options)
