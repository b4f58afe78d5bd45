"""Real checkpoints of the host are read as torch reads them; others not."""

from __future__ import annotations

import io
import os
import pickle
import tarfile
from collections import OrderedDict

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer
from mmengine.runner.checkpoint import CheckpointLoader
from mmengine.runner.checkpoint import load_checkpoint as host_load
from torch import nn

from mmssl.checkpoints import safe_load
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.safe_load import install_safe_loader, load_checkpoint


@pytest.fixture
def schemes(monkeypatch):
    """Undo what a test registers with mmengine."""
    monkeypatch.setattr(
        CheckpointLoader, '_schemes', dict(CheckpointLoader._schemes)
    )


def host_checkpoint():
    """What Runner.save_checkpoint writes, with every kind of value in it."""
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    model(torch.ones(1, 1, 4, 4)).sum().backward()
    optimizer.step()
    buffer = HistoryBuffer([1.0, 2.0], [1, 1])
    return dict(
        meta=dict(
            iter=7,
            cfg='a = 1',
            dataset_meta=dict(classes=('a',), palette=np.eye(2)),
        ),
        state_dict=model.state_dict(),
        optimizer=optimizer.state_dict(),
        message_hub=dict(
            log_scalars=OrderedDict({'train/loss': buffer}),
            runtime_info=OrderedDict(lr=np.float64(0.1), iter=7),
            resumed_keys=OrderedDict(lr=True),
        ),
    )


def assert_same(got, want):
    """Compare two trees of values, tensors and arrays bit by bit."""
    assert type(got) is type(want)
    if isinstance(want, dict):
        assert list(got) == list(want)
        for key in want:
            assert_same(got[key], want[key])
    elif isinstance(want, (list, tuple)):
        assert len(got) == len(want)
        for one, other in zip(got, want):
            assert_same(one, other)
    elif isinstance(want, torch.Tensor):
        assert got.dtype is want.dtype
        torch.testing.assert_close(got, want, rtol=0, atol=0)
    elif isinstance(want, np.ndarray):
        np.testing.assert_array_equal(got, want)
    elif isinstance(want, HistoryBuffer):
        assert_same(got.data, want.data)
        assert got.max_length == want.max_length
    else:
        assert got == want


@pytest.mark.parametrize('zipped', [True, False])
def test_host_checkpoint__read_bit_by_bit(tmp_path, zipped):
    want = host_checkpoint()
    torch.save(
        want,
        tmp_path / 'a.pth',
        _use_new_zipfile_serialization=zipped,
    )
    got = load_checkpoint(tmp_path / 'a.pth')
    assert_same(got, want)
    assert got['state_dict']._metadata == want['state_dict']._metadata


@pytest.mark.parametrize('zipped', [True, False])
def test_tensors__every_type_views_and_shared_storage(tmp_path, zipped):
    base = torch.arange(24.0)
    want = {
        str(dtype): torch.ones(2, 3).to(dtype)
        for dtype in (torch.float16, torch.bfloat16, torch.int8, torch.bool)
    }
    want.update(view=base[2:8], other=base.view(4, 6).t(), scalar=base[3])
    torch.save(want, tmp_path / 'a.pth', _use_new_zipfile_serialization=zipped)
    got = load_checkpoint(tmp_path / 'a.pth')
    assert_same(got, want)
    got['view'][0] = -1.0
    assert got['other'][2, 0] == -1.0
    parameter = nn.Parameter(torch.ones(2), requires_grad=False)
    torch.save(parameter, tmp_path / 'b.pth')
    got = load_checkpoint(tmp_path / 'b.pth')
    assert type(got) is nn.Parameter
    assert not got.requires_grad


@pytest.mark.parametrize('zipped', [True, False])
@pytest.mark.parametrize('function', [os.system, eval, exec])
def test_hostile_file__names_the_global_and_file(tmp_path, zipped, function):
    marker = tmp_path / 'marker'

    class Hostile:
        def __reduce__(self):
            code = f'touch {marker}'
            if function is not os.system:
                code = f'open({str(marker)!r}, "w")'
            return function, (code,)

    checkpoint = host_checkpoint()
    checkpoint['optimizer']['state'][0]['step'] = Hostile()
    file = tmp_path / 'hostile.pth'
    torch.save(checkpoint, file, _use_new_zipfile_serialization=zipped)
    name = rf'hostile\.pth was refused: it asks for \w+\.{function.__name__}'
    with pytest.raises(CheckpointError, match=name):
        load_checkpoint(file)
    assert not marker.exists()


def test_unpickling_error__is_what_callers_may_catch():
    assert issubclass(CheckpointError, pickle.UnpicklingError)


def test_map_location__is_used(tmp_path):
    torch.save({'a': torch.ones(2)}, tmp_path / 'a.pth')
    assert load_checkpoint(tmp_path / 'a.pth', 'meta')['a'].is_meta


def test_broken_files__one_clear_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'no checkpoint .*gone\.pth'):
        load_checkpoint(tmp_path / 'gone.pth')
    torch.save(host_checkpoint(), tmp_path / 'a.pth')
    whole = (tmp_path / 'a.pth').read_bytes()
    for data in (whole[: len(whole) // 2], b'', b'not a checkpoint'):
        (tmp_path / 'b.pth').write_bytes(data)
        with pytest.raises(CheckpointError, match=r'b\.pth'):
            load_checkpoint(tmp_path / 'b.pth')


def test_broken_safetensors__one_clear_error(tmp_path):
    pytest.importorskip('safetensors')
    (tmp_path / 'c.safetensors').write_bytes(b'1234567890')
    with pytest.raises(CheckpointError, match=r'c\.safetensors'):
        load_checkpoint(tmp_path / 'c.safetensors')


def test_other_programs__refused(tmp_path):
    torch.jit.save(
        torch.jit.script(nn.Linear(1, 1)), str(tmp_path / 'script.pth')
    )
    with pytest.raises(CheckpointError, match='TorchScript'):
        load_checkpoint(tmp_path / 'script.pth')
    with tarfile.open(tmp_path / 'old.pth', 'w') as tar:
        info = tarfile.TarInfo('pickle')
        info.size = 3
        tar.addfile(info, io.BytesIO(b'abc'))
    with pytest.raises(CheckpointError, match='tar format'):
        load_checkpoint(tmp_path / 'old.pth')


def test_meta_config__that_mmengine_would_execute_is_dropped(tmp_path):
    torch.save(dict(meta=dict(config='a=1', iter=3)), tmp_path / 'a.pth')
    with pytest.warns(UserWarning, match='program'):
        checkpoint = load_checkpoint(tmp_path / 'a.pth')
    assert checkpoint['meta'] == {'iter': 3}


def test_safetensors__tensors_and_meta(tmp_path):
    save_file = pytest.importorskip('safetensors.torch').save_file
    want = {'b': torch.arange(3), 'a': torch.randn(2, 2).half()}
    save_file(want, tmp_path / 'a.safetensors', metadata={'iter': '7'})
    got = load_checkpoint(tmp_path / 'a.safetensors', torch.device('cpu'))
    assert got['meta'] == {'iter': '7'}
    assert_same(
        dict(sorted(got['state_dict'].items())), dict(a=want['a'], b=want['b'])
    )


def test_install__mmengine_reads_through_it(tmp_path, schemes):
    install_safe_loader()
    install_safe_loader()
    torch.save(host_checkpoint(), tmp_path / 'a.pth')
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    checkpoint = host_load(model, str(tmp_path / 'a.pth'), 'cpu')
    torch.testing.assert_close(
        model[0].weight, checkpoint['state_dict']['0.weight']
    )
    marker = tmp_path / 'marker'

    class Hostile:
        def __reduce__(self):
            return os.system, (f'touch {marker}',)

    torch.save(Hostile(), tmp_path / 'b.pth')
    with pytest.raises(CheckpointError, match='system'):
        host_load(model, str(tmp_path / 'b.pth'))
    assert not marker.exists()


def test_install__addresses_are_downloaded_then_read_safely(
    tmp_path, schemes, monkeypatch
):
    install_safe_loader()
    asked = []

    def download(url, file):
        asked.append(url)
        torch.save({'state_dict': {'weight': torch.ones(1)}}, file)

    monkeypatch.setattr(torch.hub, 'get_dir', lambda: str(tmp_path))
    monkeypatch.setattr(torch.hub, 'download_url_to_file', download)
    url = 'https://example.com/models/resnet.pth?download=1'
    for _ in range(2):
        got = CheckpointLoader.load_checkpoint(url)
    assert asked == [url]
    assert got['state_dict']['weight'] == 1.0
    assert (tmp_path / 'checkpoints' / 'resnet.pth').is_file()
    CheckpointLoader.load_checkpoint('torchvision://resnet18')
    assert asked[1].startswith('https://download.pytorch.org/models/resnet18')


@pytest.mark.parametrize(
    ('address', 'what'),
    [
        ('s3://bucket/a.pth', 'download the file'),
        ('pavi://a', 'download the file'),
        ('cluster:petrel://a', 'download the file'),
        ('torchvision://no_such_net', 'known names: .*resnet18'),
    ],
)
def test_install__other_addresses_are_refused(schemes, address, what):
    install_safe_loader()
    with pytest.raises(CheckpointError, match=what):
        CheckpointLoader.load_checkpoint(address)


def test_http__only_the_main_process_downloads(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, 'get_dir', lambda: str(tmp_path))
    monkeypatch.setattr(safe_load, 'is_main_process', lambda: False)
    with pytest.raises(FileNotFoundError, match=r'a\.pth'):
        safe_load.load_from_http('http://example.com/a.pth')
