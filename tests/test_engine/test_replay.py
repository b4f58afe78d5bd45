"""Steps of a tiny model with dropout and batch norm, taken again."""

import math
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.runner.checkpoint import CheckpointLoader

from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.engine import launch
from mmssl.engine.replay import replay_step
from mmssl.engine.replay_model import ReplayError
from mmssl.engine.step_dump import numeric_settings, write_part
from mmssl.engine.step_guard import NonFiniteError

TOY = Path(__file__).parents[1] / 'data' / 'nan_run'


@pytest.fixture
def dump(tmp_path, monkeypatch):
    """Return a function that makes a dump of iteration 4."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(TOY))
    monkeypatch.setattr(
        CheckpointLoader, '_schemes', dict(CheckpointLoader._schemes)
    )
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)

    def make(spoil, wrapper=None, **options):
        cfg = Config.fromfile(TOY / 'nan_config.py')
        cfg.model.update(dropout=0.5, spoil=spoil)
        cfg.train_dataloader.dataset.gates = [14]
        cfg.optim_wrapper.update(wrapper or {})
        cfg.merge_from_dict(options)
        cfg.experiment_name = tmp_path.name
        with pytest.raises(NonFiniteError):
            launch.train(cfg, work_dir='run')
        return Path('run/nan_dumps/iter_4')

    return make


def test_replay__loss_to_the_bit_in_spite_of_dropout(dump):
    folder = dump('log')
    torch.manual_seed(99)
    before, state = numeric_settings(), torch.get_rng_state()
    result = replay_step(folder, trust=True)
    assert result.reproduced
    assert result.identical
    terms = {row.name: row.replayed for row in result.terms}
    assert set(terms) == {'loss', 'loss_fit', 'loss_gate'}
    assert terms['loss_gate'] == math.inf
    assert math.isfinite(terms['loss_fit'])
    # nothing is left behind
    assert numeric_settings() == before
    assert torch.equal(torch.get_rng_state(), state)


def test_replay__the_dropout_matters(dump):
    folder = dump('log')
    part = load_checkpoint(folder / 'rank_0.pth')
    part['batches'][0]['random']['torch'] = torch.get_rng_state()
    write_part(part, folder / 'rank_0.pth')
    result = replay_step(folder, trust=True)
    assert result.reproduced
    assert not result.identical


@pytest.mark.slow
def test_replay__gradient_by_name_and_place(dump):
    result = replay_step(dump('sqrt'), trust=True, detect_anomaly=True)
    assert result.identical
    assert [row.name for row in result.gradients] == [
        'first.weight',
        'first.bias',
    ]
    assert result.output is None
    assert (result.gradient.place, result.gradient.kind) == (
        'first',
        'Linear',
    )
    assert 'SqrtBackward0' in result.anomaly or 'PowBackward' in (
        result.anomaly
    )
    assert 'nan_parts.py' in result.anomaly


@pytest.mark.slow
def test_replay__accumulated_clipped_and_in_half_precision(dump):
    wrapper = dict(
        type='CpuAmpWrapper',
        init_scale=2.0**8,
        accumulative_counts=2,
        clip_grad=dict(max_norm=0.1),
    )
    result = replay_step(dump('log', wrapper), trust=True)
    assert result.identical
    assert len(result.batches) == 2
    assert [row.batch for row in result.terms] == [0] * 3 + [1] * 3


@pytest.mark.slow
def test_replay__says_when_it_is_not_the_same(dump):
    folder = dump('log')
    part = load_checkpoint(folder / 'rank_0.pth')
    for sample in part['batches'][0]['batch']['data_samples']:
        sample['data']['gate'] = torch.tensor(1.0)
    write_part(part, folder / 'rank_0.pth')
    state = load_checkpoint(folder / 'state.pth')
    state['versions']['torch'] = '1.0'
    write_part(state, folder / 'state.pth')
    result = replay_step(folder, trust=True)
    assert not result.reproduced
    assert not result.identical
    assert any(note.startswith('torch was 1.0, here') for note in result.notes)


@pytest.mark.slow
def test_replay__runs_nothing_of_a_dump_that_is_not_trusted(dump):
    with pytest.raises(ReplayError, match=r'imports nan_parts.*--trust'):
        replay_step(dump('log'))


@pytest.mark.slow
def test_replay__no_such_device_or_rank(dump):
    folder = dump('log')
    with pytest.raises(ReplayError, match="no device 'moon' here"):
        replay_step(folder, device='moon', trust=True)
    with pytest.raises(FileNotFoundError, match='rank_3'):
        replay_step(folder, 3, trust=True)
