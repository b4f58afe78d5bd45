import argparse
import importlib.util
import math
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope='module')
def tool():
    path = ROOT / 'tools' / 'analysis_tools' / 'benchmark_flow_loss.py'
    spec = importlib.util.spec_from_file_location('benchmark_flow_loss', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_measure__both_ways_agree(tool):
    args = argparse.Namespace(
        batch=1, crop=24, stride=8, nbins=9, repeat=2, device='cpu'
    )
    plain, pieces = (tool.measure(args, chunked) for chunked in (False, True))
    assert plain.loss == pytest.approx(pieces.loss, rel=1e-5)
    # Random targets: a little above chance level.
    assert 2 * math.log(9) < plain.loss < 2 * math.log(9) + 2
    assert plain.gradient.shape == (1, 18, 3, 3)
    torch.testing.assert_close(pieces.gradient, plain.gradient)
    assert plain.seconds > 0
    assert pieces.mib >= 0
