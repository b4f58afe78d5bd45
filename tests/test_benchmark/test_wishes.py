"""What the words of a command line stand for."""

import pytest
import torch

from mmssl.benchmark.wishes import Wish, folder_name, read_wishes


@pytest.fixture
def files(tmp_path):
    run = tmp_path / 'cmp_r18'
    run.mkdir()
    for path in (run / 'iter_20.pth', tmp_path / 'resnet50-11ad.pth'):
        torch.save(dict(state_dict={'a': torch.ones(1)}, meta={}), path)
    return tmp_path


def test_read__names_of_files_and_of_their_folders(files):
    run, other = files / 'cmp_r18/iter_20.pth', files / 'resnet50-11ad.pth'
    assert read_wishes([str(run), str(other), 'random']) == [
        Wish('cmp_r18', run),
        Wish('resnet50-11ad', other),
        Wish('random', None),
    ]


def test_read__given_names_and_configs(files):
    run, other = files / 'cmp_r18/iter_20.pth', files / 'resnet50-11ad.pth'
    words = [f'a b={run}', 'c=mmssl::cmp/x.py', str(other), 'y.py', str(run)]
    assert read_wishes(words) == [
        Wish('a b', run),
        Wish('c', other, 'mmssl::cmp/x.py'),
        Wish('cmp_r18', run, 'y.py'),
    ]


def test_read__a_path_with_an_equals_sign(files):
    odd = files / 'lr=0.1.pth'
    odd.write_bytes(b'')
    assert read_wishes([str(odd)]) == [Wish('lr=0.1', odd)]


def test_read__the_newest_checkpoint_of_a_run(files):
    run = files / 'cmp_r18'
    mm = dict(state_dict={'a': torch.ones(1)}, optimizer={}, message_hub={})
    torch.save(dict(mm, meta=dict(iter=20, epoch=0)), run / 'iter_20.pth')
    assert read_wishes([str(run)]) == [Wish('cmp_r18', run / 'iter_20.pth')]
    (files / 'empty').mkdir()
    with pytest.raises(FileNotFoundError, match='no checkpoint in'):
        read_wishes([str(files / 'empty')])


@pytest.mark.parametrize(
    ('words', 'told'),
    [
        (['x.py'], 'a checkpoint must follow the config x.py'),
        (['x.py', 'y.py', 'z.pth'], 'a checkpoint must follow the config'),
        (['random', 'random'], "two backbones are called 'random'"),
        (['a=random', 'A=random'], "two backbones are called 'A'"),
    ],
)
def test_read__mistakes(words, told):
    with pytest.raises(ValueError, match=told):
        read_wishes(words)


def test_read__no_such_file():
    with pytest.raises(FileNotFoundError, match=r"no checkpoint 'gone\.pth'"):
        read_wishes(['gone.pth'])


@pytest.mark.parametrize(
    ('name', 'folder'),
    [('a/../b', 'a_.._b'), ('..', '_'), ('ä 1', 'ä_1'), ('x=1', 'x_1')],
)
def test_folder_name__stays_in_its_place(name, folder):
    assert folder_name(name) == folder
