"""The benchmark of the input pipeline runs and counts what it says."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from mmssl.datasets import FlowPairDataset

ROOT = Path(__file__).resolve().parents[3]
TOOL = ROOT / 'tools' / 'analysis_tools' / 'benchmark_data.py'


@pytest.fixture(scope='module')
def tool():
    spec = importlib.util.spec_from_file_location('benchmark_data', TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope='module')
def pairs(tool, tmp_path_factory):
    return tool.write_pairs(tmp_path_factory.mktemp('pairs'), count=2)


def test_write_pairs__published_size(pairs):
    data = FlowPairDataset(
        str(pairs.name),
        data_root=str(pairs.parent),
        pipeline=[dict(type='LoadImageRGB'), dict(type='LoadFlow')],
    )
    for i in range(2):
        sample = data[i]
        assert sample['flow'].shape == (272, 640, 2)
        assert 5 < np.abs(sample['flow']).max() < 50


def test_time_pipeline__every_step_of_every_sample(tool, pairs):
    data = FlowPairDataset(
        pairs.name,
        data_root=str(pairs.parent),
        pipeline=[dict(type='LoadFlow'), dict(type='ReverseFlow')],
    )
    seconds = tool.time_pipeline(data, samples=3)
    assert list(seconds) == ['get sample', '0 LoadFlow', '1 ReverseFlow']
    assert all(len(values) == 3 for values in seconds.values())
    assert len(data.pipeline.transforms) == 2  # as before


def test_print_times__medians_and_rate(tool, capsys):
    tool.print_times({'a': [0.001, 0.002, 0.009], 'b': [0.003, 0.003, 0.003]})
    out = capsys.readouterr().out
    assert '2.000' in out
    assert '200 samples/s/core (median of 3 samples' in out
    assert '143 by the mean' in out


def test_write_lines__are_a_valid_list(tool, tmp_path):
    tool.write_lines(tmp_path / 'l.txt', 150)
    data = FlowPairDataset(str(tmp_path / 'l.txt'))
    assert len(data) == 150
    assert data.get_data_info(149)['img_path'].endswith('000001/00049.jpg')


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != 'linux', reason='PSS is from /proc')
def test_main__list_of_lines(tool, tmp_path, capsys):
    tool.write_lines(tmp_path / 'l.txt', 1000)
    start, kids, both, read = tool.measure_list(
        tmp_path / 'l.txt', workers=2, method='fork'
    )
    assert start < 10
    assert 0 < kids < both
    assert read == 64 * 50 * 2
