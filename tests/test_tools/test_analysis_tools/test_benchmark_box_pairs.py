import importlib.util
from pathlib import Path

import numpy as np
import pytest

from mmssl.samplers import BoxPairOptions, sample_box_pairs

ROOT = Path(__file__).parents[3]
PATH = ROOT / 'tools' / 'analysis_tools' / 'benchmark_box_pairs.py'
GOLDEN = ROOT / 'tests' / 'data' / 'golden' / 'scrl_boxes.npz'


@pytest.fixture(scope='module')
def tool():
    spec = importlib.util.spec_from_file_location(PATH.stem, PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_measure__counts_the_boxes_of_the_sampler(tool):
    crops = tool.random_crops(5, 3)
    assert crops.shape == (5, 3, 5)
    assert (crops[..., :2] + crops[..., 2:4] <= [375, 500]).all()
    options = BoxPairOptions(num_boxes=2)
    found = tool.measure(crops, 64, options, repeat=3)
    expected = sample_box_pairs(
        crops, [(64, 64)] * 3, options, np.random.default_rng(0)
    )
    assert found.boxes == len(expected.boxes) > 0
    assert found.batch_ms > 0
    assert found.image_us > 0


def test_main__prints_a_line_for_each_mode(tool, monkeypatch, capsys):
    argv = ['x', '--npz', str(GOLDEN), '--images', '4', '--repeat', '1']
    monkeypatch.setattr('sys.argv', [*argv, '--boxes', '3'])
    tool.main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith('4 images of 2 views, 224 px, 3 boxes')
    assert [line.split()[:2] for line in lines[2:]] == [
        ['grid', '12'],
        ['random', '12'],
    ]
