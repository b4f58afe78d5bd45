"""What is still to be done in a folder."""

from pathlib import Path

import pytest

from mmssl.benchmark.job_state import note_failure, read_state
from mmssl.benchmark.missing_jobs import (
    ChangedJobError,
    missing_jobs,
    refuse_mixture,
)
from mmssl.downstream.job_spec import JobResult


def done(spec, identity='now'):
    spec.write()
    JobResult(
        spec.task, spec.backbone.name, spec.seed, 'm', 1.0, {}, {}, {}, {},
        identity,
    ).write(spec.work_dir)  # fmt: skip


def test_missing__each_state_is_told(make_spec):
    specs = [make_spec(seed=seed) for seed in range(4)]
    done(specs[1])
    specs[2].write()
    note_failure(Path(specs[3].write().parent), 'data', 'x')
    said = []
    found = missing_jobs(specs, lambda spec: 'now', False, said.append)
    assert found == [specs[0], specs[2], specs[3]]
    assert said == [
        'parsing, mine, seed 2: was half finished, begins again',
        'parsing, mine, seed 3: failed before, is tried again',
        '1 of 4 jobs are done',
    ]


def test_missing__only_jobs_with_a_result_are_identified(make_spec):
    specs = [make_spec(seed=seed) for seed in range(2)]
    done(specs[0])
    asked = []
    missing_jobs(
        specs,
        lambda spec: asked.append(spec.seed) or 'now',
        False,
        lambda text: None,
    )
    assert asked == [0]


def test_missing__changed_results_are_kept(make_spec):
    specs = [make_spec(seed=seed) for seed in range(2)]
    done(specs[0], 'before')
    done(specs[1])
    with pytest.raises(ChangedJobError, match='1 results came of other'):
        missing_jobs(specs, lambda spec: 'now', False, print)
    assert read_state(Path(specs[0].work_dir)).result.identity == 'before'
    found = missing_jobs(specs, lambda spec: 'now', True, lambda text: None)
    assert found == [specs[0]]
    kept = Path(f'{specs[0].work_dir}.old-1')
    assert read_state(kept).result.identity == 'before'


def test_mixture__of_two_settings_of_a_task(make_spec, tmp_path):
    done(make_spec(backbone='first', lr=0.1))
    refuse_mixture([make_spec(backbone='b', lr=0.1)], tmp_path / 'out')
    refuse_mixture([make_spec(task='b', lr=0.2)], tmp_path / 'out')
    with pytest.raises(ChangedJobError, match='choose another --out'):
        refuse_mixture([make_spec(backbone='b', lr=0.2)], tmp_path / 'out')
