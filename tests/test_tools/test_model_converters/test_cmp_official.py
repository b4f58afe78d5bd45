"""The command, on a small file of the published layout."""

import importlib.util
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope='module')
def tool():
    path = ROOT / 'tools' / 'model_converters' / 'cmp_official.py'
    spec = importlib.util.spec_from_file_location('convert_cmp', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def published(tmp_path):
    """A few keys; the converter does not ask for all of them."""
    state = {
        'module.image_encoder.layer1.0.conv1.weight': torch.randn(2, 2),
        'module.image_encoder.conv5.bias': torch.randn(2),
        'module.flow_decoder.head.bias': torch.randn(2),
    }
    file = {'step': 7, 'state_dict': state, 'optimizer': {'state': {}}}
    path = tmp_path / 'ckpt_iter_7.pth.tar'
    torch.save(file, path, _use_new_zipfile_serialization=False)
    return path, state


def test_main__writes_and_reports(tool, published, tmp_path, capsys):
    path, state = published
    tool.main([str(path), str(tmp_path / 'out.pth')])
    out = torch.load(tmp_path / 'out.pth', weights_only=True)
    assert {k: v.tolist() for k, v in out['state_dict'].items()} == {
        'backbone.layer1.0.conv1.weight': state[
            'module.image_encoder.layer1.0.conv1.weight'
        ].tolist(),
        'neck.conv.bias': state['module.image_encoder.conv5.bias'].tolist(),
        'head.conv.bias': state['module.flow_decoder.head.bias'].tolist(),
    }
    assert out['meta']['step'] == 7
    assert out['meta']['source'] == 'published CMP, ckpt_iter_7.pth.tar'
    printed = capsys.readouterr().out
    for old in state:
        assert f'{old} ' in printed
    assert 'optimizer: not converted (numbered by' in printed
    assert 'resnet50, plain decoder: 3 tensors converted, 0 lost' in printed


def test_main__program_in_the_file(tool, tmp_path):
    class Attack:
        def __reduce__(self):
            return (Path.touch, (tmp_path / 'touched',))

    torch.save({'state_dict': Attack()}, tmp_path / 'bad.pth')
    with pytest.raises(SystemExit, match='was refused'):
        tool.main([str(tmp_path / 'bad.pth'), str(tmp_path / 'out.pth')])
    assert not (tmp_path / 'touched').exists()
    assert not (tmp_path / 'out.pth').exists()


def test_main__not_cmp(tool, tmp_path):
    torch.save({'a': torch.zeros(1)}, tmp_path / 'other.pth')
    args = [str(tmp_path / 'other.pth'), str(tmp_path / 'out.pth')]
    with pytest.raises(SystemExit, match='no published CMP checkpoint'):
        tool.main(args)
    with pytest.raises(SystemExit, match='there is no checkpoint'):
        tool.main([str(tmp_path / 'none.pth'), args[1]])


def test_main__bad_destination(tool, published, tmp_path, capsys):
    path, _ = published
    with pytest.raises(SystemExit):
        tool.main([str(path), str(path)])
    assert 'would overwrite SRC' in capsys.readouterr().err
    with pytest.raises(SystemExit):
        tool.main([str(path), str(tmp_path / 'no' / 'out.pth')])
    assert 'folder of DST does not exist' in capsys.readouterr().err
