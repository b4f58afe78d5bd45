"""Jobs and results as plain data."""

from __future__ import annotations

import json
import os

import pytest

from mmssl.downstream.job_spec import BackboneSpec, JobResult, JobSpec


def spec(**changes):
    values = dict(
        task='parsing',
        config='a.py',
        backbone=BackboneSpec('cmp', 'b.pth', dict(type='ResNet', depth=18)),
        seed=3,
        work_dir='out',
        cfg_options={'train_cfg.max_iters': 2},
    )
    return JobSpec(**dict(values, **changes))


def result():
    return JobResult(
        task='parsing',
        backbone='cmp',
        seed=3,
        metric='mIoU',
        value=12.5,
        metrics={'mIoU': 12.5, 'aAcc': 60.0},
        load=dict(matched=2, total=3, missing=['a'], unexpected=[]),
        seconds=dict(start=1.0, train=2.0, test=3.0),
        versions={'torch': '2.11'},
        identity='abc',
        notes=('one', 'two'),
    )


def test_spec__comes_back_equal_from_its_file(tmp_path):
    job = spec(work_dir=str(tmp_path / 'a' / 'b'))
    path = job.write()
    assert path == tmp_path / 'a' / 'b' / 'job.json'
    assert JobSpec.read(path) == job
    assert isinstance(JobSpec.read(path).backbone, BackboneSpec)


def test_result__comes_back_equal_and_leaves_nothing_else(tmp_path):
    path = result().write(tmp_path)
    assert JobResult.read(path) == result()
    assert os.listdir(tmp_path) == ['result.json']
    assert json.loads(path.read_text())['value'] == 12.5


def test_spec__unknown_and_missing_names_are_told():
    given = dict(spec().to_dict(), sed=1)
    del given['task']
    with pytest.raises(
        ValueError, match=r"unknown \['sed'\], missing \['task'\]; valid"
    ):
        JobSpec.from_dict(given)
    with pytest.raises(ValueError, match='BackboneSpec: unknown'):
        JobSpec.from_dict(dict(spec().to_dict(), backbone={'nam': 1}))
    with pytest.raises(ValueError, match='a JobSpec is a dict, got list'):
        JobSpec.from_dict([])


@pytest.mark.parametrize(
    ('changes', 'text'),
    [
        (dict(device='tpu'), 'device must be one of auto, cpu, cuda'),
        (dict(launcher='mpi'), 'launcher must be one of none, pytorch, slurm'),
        (dict(seed=-1), 'seed must be an integer >= 0, got -1'),
        (dict(seed=True), 'seed must be an integer'),
    ],
)
def test_spec__values_out_of_range(changes, text):
    with pytest.raises(ValueError, match=text):
        spec(**changes)


def test_read__half_a_file(tmp_path):
    (tmp_path / 'job.json').write_text('{"task": ')
    with pytest.raises(ValueError, match=r'job\.json is no JSON'):
        JobSpec.read(tmp_path / 'job.json')
