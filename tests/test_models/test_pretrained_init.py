"""A backbone that takes nothing from its file raises, with the cause."""

from __future__ import annotations

import os

import pytest
import torch
from mmengine.model import BaseModule
from mmengine.registry import DefaultScope
from mmengine.runner.checkpoint import CheckpointLoader
from torch import nn

from mmssl.checkpoints.load_report import CheckpointMismatch
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.models.pretrained_init import PretrainedInit


class Net(BaseModule):
    def __init__(self, **init_cfg):
        super().__init__(dict(type='Pretrained', **init_cfg))
        self.conv = nn.Conv2d(1, 2, 3)
        self.norm = nn.BatchNorm2d(2)
        self.head = nn.Linear(2, 1)


@pytest.fixture(autouse=True)
def scope(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        CheckpointLoader, '_schemes', dict(CheckpointLoader._schemes)
    )
    with DefaultScope.overwrite_default_scope('mmssl'):
        yield


def saved(name='a.pth', prefix='', without=()):
    """Write random weights of the net; return them by its own names."""
    torch.manual_seed(3)
    state = Net(checkpoint='').state_dict()
    kept = {n: t for n, t in state.items() if not n.startswith(tuple(without))}
    torch.save({'state_dict': {prefix + n: kept[n] for n in kept}}, name)
    return kept


def initialised(**init_cfg):
    torch.manual_seed(4)
    net = Net(**init_cfg)
    net.init_weights()
    return net


@pytest.mark.parametrize('prefix', ['', 'backbone', 'backbone.'])
def test_weights__arrive_and_the_report_is_logged(prefix, capsys):
    want = saved(prefix='backbone.' if prefix else '')
    options = dict(prefix=prefix) if prefix else {}
    net = initialised(checkpoint='a.pth', **options)
    for name, value in net.state_dict().items():
        assert torch.equal(value, want[name])
    shown = capsys.readouterr()
    text = shown.out + shown.err
    assert text.count('-> Net: 9 matched (100.0 %), 0 missing') == 1


def test_nothing_matches__raises_with_the_cause():
    saved(prefix='backbone.')
    with pytest.raises(CheckpointMismatch, match=r"the prefix 'backbone\.'"):
        initialised(checkpoint='a.pth')
    torch.save({'other': torch.ones(1)}, 'b.pth')
    with pytest.raises(CheckpointMismatch, match='another architecture'):
        initialised(checkpoint='b.pth')


def test_share__can_be_chosen_and_parts_can_be_optional():
    want = saved(without=['head'])
    with pytest.raises(CheckpointMismatch, match=r'at least 90 %.*\n.*77\.8'):
        initialised(checkpoint='a.pth')
    for options in (dict(min_matched=0.7), dict(optional=['head'])):
        net = initialised(checkpoint='a.pth', **options)
        assert torch.equal(net.conv.weight, want['conv.weight'])


def test_hostile_file__is_refused(tmp_path):
    class Hostile:
        def __reduce__(self):
            return os.system, (f'touch {tmp_path}/marker',)

    torch.save({'state_dict': Hostile()}, 'a.pth')
    with pytest.raises(CheckpointError, match=r'a\.pth was refused'):
        initialised(checkpoint='a.pth')
    assert not (tmp_path / 'marker').exists()


def test_other_scopes__keep_the_hosts():
    """mmdet's models are initialised by mmengine, as everywhere else."""
    from mmengine.model import PretrainedInit as HostInit
    from mmengine.registry import WEIGHT_INITIALIZERS

    from mmssl.registry import WEIGHT_INITIALIZERS as ours

    assert WEIGHT_INITIALIZERS.get('Pretrained') is HostInit
    assert ours.get('Pretrained') is PretrainedInit
    assert WEIGHT_INITIALIZERS.get('mmssl.Pretrained') is PretrainedInit
