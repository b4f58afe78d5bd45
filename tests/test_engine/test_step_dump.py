"""Dumps on disk: what is in them, how many, and what is refused."""

import errno
from pathlib import Path

import pytest
import torch
from mmpretrain.structures import DataSample
from torch import nn

from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.engine import step_dump
from mmssl.engine.gradients import GradientRow
from mmssl.engine.plain_data import decode
from mmssl.engine.step_dump import (
    apply_settings,
    modes,
    numeric_settings,
    rank_part,
    ranks_of,
    read_dump,
    room_for,
    sample_names,
    write_part,
)
from mmssl.engine.step_window import StepWindow


def window():
    model = nn.BatchNorm1d(2)
    kept = StepWindow(model)
    sample = DataSample(
        metainfo=dict(img_path='a.png', flow_path=['x', 'y'], sample_idx=4)
    )
    batch = dict(inputs=[torch.ones(2)], data_samples=[sample])
    kept.open(7, batch)
    kept.close(dict(loss=torch.tensor(float('nan'))))
    return kept


def test_rank_part__is_read_back_by_the_safe_reader(tmp_path):
    rows = [GradientRow('w', float('inf'), 1, 4)]
    size = write_part(rank_part(window(), rows, True), tmp_path / 'rank_0.pth')
    assert size == (tmp_path / 'rank_0.pth').stat().st_size
    write_part(dict(version=1), tmp_path / 'state.pth')
    _, part = read_dump(tmp_path, 0)
    (micro,) = part['batches']
    assert micro['iteration'] == 7
    assert micro['samples'] == [
        dict(img_path='a.png', flow_path=['x', 'y'], sample_idx=4)
    ]
    assert torch.isnan(torch.tensor(micro['terms']['loss']))
    assert decode(micro['batch'])['data_samples'][0].img_path == 'a.png'
    assert part['gradients'] == [('w', float('inf'), 1, 4)]
    assert part['buffers']['running_var'].tolist() == [1, 1]


def test_sample_names__of_batches_without_samples():
    assert sample_names([torch.ones(1)]) == []
    assert sample_names(dict(inputs=torch.ones(1))) == []


def test_room__counts_the_others(tmp_path):
    for number in (3, 5):
        (tmp_path / f'iter_{number}').mkdir()
    assert room_for(tmp_path / 'iter_9', 3) == ''
    assert room_for(tmp_path / 'iter_3', 2) == ''  # that step again
    assert 'holds 2 already, of max_dumps=2' in room_for(
        tmp_path / 'iter_9', 2
    )


def test_write__full_disk_leaves_no_empty_folder(tmp_path, monkeypatch):
    def full(part, file):
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr(step_dump, 'write_checkpoint', full)
    with pytest.raises(OSError, match='No space'):
        write_part({}, tmp_path / 'iter_1' / 'rank_0.pth')
    assert not (tmp_path / 'iter_1').exists()


def test_read__what_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'no rank_0\.pth'):
        ranks_of(tmp_path)
    write_part(dict(version=1), tmp_path / 'rank_0.pth')
    write_part(dict(version=1), tmp_path / 'rank_11.pth')
    assert ranks_of(tmp_path) == [0, 11]
    with pytest.raises(FileNotFoundError, match=r'rank_0\.pth, rank_11\.pth'):
        read_dump(tmp_path, 0)


def test_read__something_else_is_refused(tmp_path):
    write_part(dict(state_dict={}), tmp_path / 'state.pth')
    with pytest.raises(CheckpointError, match='is no dump of a step'):
        read_dump(tmp_path, 0)


class Hostile:
    def __reduce__(self):
        return Path.touch, (Path('ran'),)


def test_read__a_hostile_file_runs_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save(dict(version=1, x=Hostile()), tmp_path / 'state.pth')
    with pytest.raises(CheckpointError, match='nothing of it was run'):
        read_dump(tmp_path, 0)
    assert not Path('ran').exists()


def test_modes__names_what_is_frozen_or_evaluates():
    model = nn.Sequential(nn.Linear(1, 1), nn.Dropout())
    model[1].eval()
    model[0].bias.requires_grad_(False)
    assert modes(model) == dict(evaluating=['1'], frozen=['0.bias'])


def test_settings__can_be_put_back():
    before = numeric_settings()
    other = dict(before, threads=before['threads'] + 1, cudnn_benchmark=True)
    try:
        apply_settings(other)
        assert numeric_settings() == other
    finally:
        apply_settings(before)
    assert numeric_settings() == before
