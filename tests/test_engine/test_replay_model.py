"""Models of dumps: built as they were, and nothing else."""

import sys
from pathlib import Path

import pytest
import torch
from mmengine.optim import OptimWrapper
from torch import nn

from mmssl.engine.replay_model import ReplayError, build, wrappers_of

TOY = Path(__file__).parents[1] / 'data' / 'nan_run'
CPU = torch.device('cpu')


def state(model=None, **changes):
    cfg = dict(
        model=model or dict(type='mmengine.BaseDataPreprocessor'),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1)),
        **changes,
    )
    return dict(config=cfg, hub={}, state_dict={})


@pytest.mark.parametrize(
    'kind',
    ['os.system', 'mmengine.dump', 'shutil.rmtree', 'mmssl.os', 'Path.touch'],
)
@pytest.mark.parametrize('place', ['model', 'optim_wrapper'])
def test_build__what_no_registry_knows_is_refused(kind, place):
    plain = state()
    plain['config'][place] = dict(type='SGD', part=[dict(type=kind)])
    with pytest.raises(ReplayError, match=rf"builds '{kind}'.*--trust"):
        build(plain, CPU, trust=False)


def test_build__imports_are_refused():
    plain = state(custom_imports=dict(imports=['antigravity']))
    with pytest.raises(ReplayError, match=r'imports antigravity.*--trust'):
        build(plain, CPU, trust=False)
    assert 'antigravity' not in sys.modules


def test_build__trusted_imports_that_are_not_found():
    plain = state(custom_imports=dict(imports=['no_such_module_here']))
    with pytest.raises(ReplayError, match='put its folder into PYTHONPATH'):
        build(plain, CPU, trust=True)


def test_build__weights_modes_counts_and_learning_rate(monkeypatch):
    monkeypatch.syspath_prepend(str(TOY))
    import nan_parts

    source = nan_parts.NanModel()
    optimizer = torch.optim.SGD(source.parameters(), lr=0.125)
    plain = state(
        model=dict(type='NanModel'),
        custom_imports=dict(imports=['nan_parts']),
        default_scope='mmssl',
    )
    with torch.no_grad():
        source.first.weight.fill_(3.0)
    plain.update(
        state_dict=source.state_dict(),
        modes=dict(evaluating=['norm'], frozen=['last.bias']),
        optimizer=OptimWrapper(optimizer).state_dict(),
        counts={'': dict(inner=6, maximum=9)},
        hub=dict(iter=41),
    )
    model, wrapper, notes = build(plain, CPU, trust=True)
    assert notes == []
    assert (model.first.weight == 3).all()
    assert not model.norm.training
    assert model.drop.training
    assert not model.last.bias.requires_grad
    assert wrapper.get_lr()['lr'] == [0.125]
    assert (wrapper.inner_count, wrapper._max_counts) == (6, 9)
    assert wrappers_of(wrapper) == {'': wrapper}
    assert isinstance(model.norm, nn.BatchNorm1d)
