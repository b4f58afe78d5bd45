"""Files that are no checkpoints are named before anything reads them."""

import zipfile

import numpy as np
import pytest
import torch

from mmssl.checkpoints.file_content import describe_content
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.safe_load import load_checkpoint


@pytest.mark.parametrize(
    ('content', 'says'),
    [
        (b'', 'an empty file'),
        (b'\n<!DOCTYPE html><html>', 'a web page'),
        (b'<html><head>', 'a web page'),
        (b'version https://git-lfs.github.com/spec/v1\n', 'git lfs pull'),
        (b'\x89HDF\r\n', 'HDF5'),
        (b'\x1f\x8b\x08', 'gzip'),
        (b'{"model": 1}', 'a JSON text'),
        (b'\x93NUMPY\x01', 'a numpy array'),
    ],
)
def test_content__named_by_the_loader(tmp_path, content, says):
    file = tmp_path / 'a.pth'
    file.write_bytes(content)
    with pytest.raises(CheckpointError, match=r'a\.pth is no checkpoint') as e:
        load_checkpoint(file)
    assert says in str(e.value)


def test_safetensors__with_another_ending(tmp_path):
    save = pytest.importorskip('safetensors.torch').save
    file = tmp_path / 'a.pth'
    file.write_bytes(save({'a': torch.ones(2)}))
    with pytest.raises(CheckpointError, match='give it the ending'):
        load_checkpoint(file)


def test_zip__archives_of_others(tmp_path):
    np.savez(tmp_path / 'a.npz', a=np.ones(2))
    assert 'arrays of numpy' in describe_content(tmp_path / 'a.npz')
    for inside, says in (
        ('swin/model.pth', "give 'swin/model.pth'"),
        ('readme.txt', 'without weights'),
    ):
        with zipfile.ZipFile(tmp_path / 'b.zip', 'w') as archive:
            archive.writestr(inside, 'x')
        assert says in describe_content(tmp_path / 'b.zip')
    (tmp_path / 'cut.zip').write_bytes(b'PK\x03\x04 and no more')
    assert describe_content(tmp_path / 'cut.zip') is None


@pytest.mark.parametrize('new', [True, False])
def test_checkpoints__are_left_alone(tmp_path, new):
    file = tmp_path / 'a.pth'
    torch.save({'a': 1}, file, _use_new_zipfile_serialization=new)
    assert describe_content(file) is None
    assert load_checkpoint(file) == {'a': 1}
