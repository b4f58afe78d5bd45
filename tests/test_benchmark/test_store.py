"""Exports, each written once."""

import json

import pytest
import torch
import torchvision

from mmssl.benchmark.store import ExportStore, random_twin
from mmssl.benchmark.wishes import Wish
from mmssl.checkpoints.export import export_backbone
from mmssl.checkpoints.load_report import state_of
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.registry import MODELS


@pytest.fixture(scope='module')
def resnet():
    torch.manual_seed(0)
    return torchvision.models.resnet18(weights=None).state_dict()


@pytest.fixture(scope='module')
def swin():
    """A small Swin that follows lambda, of another stride."""
    torch.manual_seed(0)
    config = dict(
        type='mmssl.SemanticSwinTransformer',
        arch=dict(embed_dims=32, depths=[1, 2], num_heads=[2, 4]),
        window_size=4,
        out_indices=(0, 1),
        semantic_weight=0.3,
        pad_small_map=True,
    )
    return config, MODELS.build(config).state_dict()


def save(path, state, cfg='', prefix='backbone.'):
    named = {f'{prefix}{n}': t for n, t in state.items() if n[:3] != 'fc.'}
    torch.save(dict(state_dict=named, meta=dict(cfg=cfg)), path)
    return path


def tensors(stored):
    return state_of(load_checkpoint(stored.file))


def test_get__once_by_content(tmp_path, resnet):
    file = save(tmp_path / 'a.pth', resnet)
    said = []
    store = ExportStore(tmp_path / 'out', say=said.append)
    first = store.get(Wish('mine', file))
    written = (tmp_path / 'out').stat().st_mtime_ns
    assert len(said) == 1
    assert '120 matched (100.0 %)' in said[0]
    again = ExportStore(tmp_path / 'out', say=said.append).get(
        Wish('mine', file)
    )
    assert again == first
    assert (tmp_path / 'out').stat().st_mtime_ns == written
    assert len(said) == 1
    assert first.config == dict(type='ResNet', depth=18)
    assert first.architecture == 'ResNet-18'
    assert torch.equal(tensors(first)['conv1.weight'], resnet['conv1.weight'])
    # another content, the same name and path
    save(file, {name: tensor + 1 for name, tensor in resnet.items()})
    other = store.get(Wish('mine', file))
    assert other.file != first.file
    assert torch.equal(
        tensors(other)['conv1.weight'], resnet['conv1.weight'] + 1
    )
    names = sorted(p.name for p in (tmp_path / 'out').iterdir())
    assert len(names) == 4  # nothing else is left
    assert not any(name.startswith('.') for name in names)


def test_get__a_broken_description_is_written_again(tmp_path, resnet):
    store = ExportStore(tmp_path / 'out', say=lambda text: None)
    wish = Wish('mine', save(tmp_path / 'a.pth', resnet))
    first = store.get(wish)
    beside = tmp_path / 'out' / f'{first.file.rpartition("/")[2]}.json'
    for text in ('', '{}', '{"meta": 3}'):
        beside.write_text(text)
        assert store.get(wish) == first
        assert json.loads(beside.read_text())['meta']['layout'] == 'mm'


@pytest.mark.parametrize(
    ('chosen', 'folded'), [(None, 1.0), (0.0, 0.0), (0.8, 0.8)]
)
def test_get__folds_lambda(tmp_path, swin, chosen, folded):
    config, state = swin
    file = save(tmp_path / 'a.pth', state, f'model = dict(backbone={config})')
    said = []
    store = ExportStore(
        tmp_path / 'out', semantic_weight=chosen, say=said.append
    )
    stored = store.get(Wish('solider', file))
    assert stored.semantic_weight == folded
    assert stored.config['type'] == 'SwinTransformer'
    assert any('follows lambda' in text for text in said) == (chosen is None)
    expected = tmp_path / 'direct.pth'
    export_backbone(file, expected, semantic_weight=folded)
    found = state_of(load_checkpoint(expected))
    mine = tensors(stored)
    assert mine.keys() == found.keys()
    assert all(torch.equal(mine[name], found[name]) for name in found)


@pytest.mark.parametrize(('chosen', 'folded'), [(None, 0.8), (0.2, 0.2)])
def test_get__a_tasks_lambda_counts_where_none_is_chosen(
    tmp_path, swin, chosen, folded
):
    config, state = swin
    file = save(tmp_path / 'a.pth', state, f'model = dict(backbone={config})')
    said = []
    store = ExportStore(
        tmp_path / 'out', semantic_weight=chosen, say=said.append
    )
    stored = store.get(Wish('solider', file), 0.8)
    assert stored.semantic_weight == folded
    told = any('0.8 is folded in, as the task says' in text for text in said)
    assert told == (chosen is None)
    # Another task's lambda is another file; one for all is one file.
    other = store.get(Wish('solider', file), 0.5)
    assert (other.file == stored.file) == (chosen is not None)


def test_get__lambda_where_there_is_none_is_told(tmp_path, resnet):
    said = []
    store = ExportStore(tmp_path / 'o', semantic_weight=0.5, say=said.append)
    stored = store.get(Wish('cmp', save(tmp_path / 'a.pth', resnet)))
    assert stored.semantic_weight is None
    assert 'cmp follows no lambda: --semantic-weight 0.5' in said[0]


def test_get__exports_are_copied_or_folded(tmp_path, resnet, swin):
    export_backbone(save(tmp_path / 'a.pth', resnet), tmp_path / 'b.pth')
    config, state = swin
    file = save(tmp_path / 'c.pth', state, f'model = dict(backbone={config})')
    export_backbone(file, tmp_path / 'd.pth')  # lambda stays adjustable
    store = ExportStore(
        tmp_path / 'o', semantic_weight=0.4, say=lambda text: None
    )
    plain = store.get(Wish('b', tmp_path / 'b.pth'))
    assert plain.config == dict(type='ResNet', depth=18)
    assert tensors(plain).keys() == {n for n in resnet if n[:3] != 'fc.'}
    folded = store.get(Wish('d', tmp_path / 'd.pth'))
    assert folded.semantic_weight == 0.4
    assert folded.config['type'] == 'SwinTransformer'


def test_get__strides_of_a_folded_swin_are_kept(tmp_path, swin):
    config, state = swin
    strided = dict(config, strides=[4, 1])
    file = save(tmp_path / 'a.pth', state, f'model = dict(backbone={strided})')
    store = ExportStore(tmp_path / 'o', say=lambda text: None)
    stored = store.get(Wish('a', file))
    assert stored.config['strides'] == [4, 1]
    twin = random_twin(stored)
    assert (twin.file, twin.config) == (None, stored.config)
    assert twin.name.startswith('random Swin')


def test_get__failures_leave_nothing(tmp_path):
    torch.save({'head.weight': torch.ones(2, 2)}, tmp_path / 'a.pth')
    store = ExportStore(tmp_path / 'o', say=lambda text: None)
    with pytest.raises(CheckpointError, match='no backbone was found'):
        store.get(Wish('a', tmp_path / 'a.pth'))
    assert list((tmp_path / 'o').iterdir()) == []
    with pytest.raises(ValueError, match='random has no checkpoint'):
        store.get(Wish('random', None))
