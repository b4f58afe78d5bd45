"""The script compares two ways to the same loss."""

import importlib.util
from pathlib import Path

import pytest
import torch

from mmssl.models.losses.dino_loss import dino_loss

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope='module')
def tool():
    path = ROOT / 'tools' / 'analysis_tools' / 'benchmark_dino_loss.py'
    spec = importlib.util.spec_from_file_location('benchmark_dino_loss', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_measure__both_ways_agree(tool):
    student = torch.randn(15, 64, requires_grad=True)
    targets = torch.randn(6, 64).softmax(1)
    found, grads = [], []
    for loss in (tool.pair_by_pair, dino_loss):
        found.append(tool.measure(loss, student, targets, 1))
        grads.append(student.grad)
    (one, time, large), (two, _, small) = found
    assert one == pytest.approx(two, rel=1e-6)
    torch.testing.assert_close(*grads, rtol=1e-4, atol=1e-7)
    assert time > 0
    assert large > small > student.numel() * 4 / tool.MIB


def test_main__table(tool, monkeypatch, capsys):
    options = ['--images', '3', '--views', '5', '--prototypes', '64']
    monkeypatch.setattr('sys.argv', ['tool', *options, '--rounds', '1'])
    tool.main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith('3 images, 5 views, 64 prototypes')
    assert lines[2].split()[3] == lines[3].split()[1]  # the same loss
    assert lines[4].startswith('ratio: time')
