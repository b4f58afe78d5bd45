"""Whole runs that resume, or start from, files that fit badly."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import torch
from mmengine.runner.checkpoint import CheckpointLoader

from mmssl.checkpoints.load_report import CheckpointMismatch
from mmssl.engine import launch
from mmssl.engine.hooks.load_report_hook import LoadReportHook

TOY = Path(__file__).parents[2] / 'data' / 'toy_run'
CONFIG = TOY / 'toy_config.py'
NUMBERS = itertools.count()


@pytest.fixture(autouse=True)
def toy(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(TOY))
    monkeypatch.setattr(
        CheckpointLoader, '_schemes', dict(CheckpointLoader._schemes)
    )
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)


def train(resume=None, **options):
    options['experiment_name'] = f'report{next(NUMBERS)}'
    options.setdefault('train_cfg.max_iters', 4)
    options.setdefault('log_level', 'INFO')
    return launch.train(
        CONFIG,
        work_dir='run',
        resume=resume,
        validate=False,
        cfg_options=options,
    )


def without(*names):
    """Write the checkpoint of a short run without some tensors."""
    train()
    checkpoint = torch.load('run/iter_4.pth', weights_only=True)
    for name in names:
        del checkpoint['state_dict'][name]
    torch.save(checkpoint, 'less.pth')
    return checkpoint['state_dict']


def the_hook(runner):
    [hook] = [h for h in runner.hooks if isinstance(h, LoadReportHook)]
    return hook


def test_resume__everything_is_needed(capsys):
    without('head.bias')
    longer = {'train_cfg.max_iters': 8}
    with pytest.raises(CheckpointMismatch, match=r'(?s)head\.bias.*resume=0'):
        train('less.pth', **longer)
    capsys.readouterr()
    runner = train('run/iter_4.pth', **longer)
    assert the_hook(runner).report.share == 1
    shown = capsys.readouterr()
    text = 'run/iter_4.pth -> ToyModel: 4 matched (100.0 %), 0 missing'
    assert (shown.out + shown.err).count(text) == 1


def test_load_from__half_is_enough_and_what_is_missing_is_said(capsys):
    state = without('head.weight', 'head.bias')
    runner = train(load_from='less.pth', **{'train_cfg.max_iters': 1})
    report = the_hook(runner).report
    assert report.missing == ('head.weight', 'head.bias')
    shown = capsys.readouterr()
    assert 'missing: head.weight, head.bias' in shown.out + shown.err
    assert state['backbone.weight'].shape == (4, 4)


def test_load_from__nothing_is_an_error_unless_it_is_allowed():
    torch.save({'state_dict': {'encoder.weight': torch.ones(4, 4)}}, 'x.pth')
    with pytest.raises(CheckpointMismatch, match='another architecture'):
        train(load_from='x.pth')
    allowed = [dict(type='LoadReportHook', load_from=0.0)]
    assert train(load_from='x.pth', custom_hooks=allowed).iter == 4


def test_share__is_a_share():
    with pytest.raises(ValueError, match=r'resume must be in \[0, 1\], got 9'):
        LoadReportHook(resume=90)
