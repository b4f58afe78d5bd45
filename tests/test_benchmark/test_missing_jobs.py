"""What is still to be done in a folder."""

from dataclasses import replace
from pathlib import Path

import pytest

from mmssl.benchmark.job_state import note_failure, read_state
from mmssl.benchmark.missing_jobs import (
    ChangedJobError,
    missing_jobs,
    refuse_mixture,
)
from mmssl.benchmark.results import read_rows
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


def test_missing__another_metric_counts_for_all_seeds(make_spec, tmp_path):
    before = [replace(make_spec(seed=n), metric='AP') for n in range(2)]
    for spec in before:
        done(spec)
    JobResult(
        'parsing', 'mine', 0, 'AP', 0.1, dict(AP=0.1, PCK=0.8), {}, {}, {},
        'now',
    ).write(before[0].work_dir)  # fmt: skip
    said = []
    specs = [replace(spec, metric='PCK') for spec in before]
    assert missing_jobs(specs, lambda spec: 'now', False, said.append) == []
    assert said[0] == 'parsing, mine, seed 0: PCK counts now'
    rows = read_rows(tmp_path / 'out')
    # the second job has no such number, and its old one is not shown
    assert [(r.metric, r.value) for r in rows] == [('PCK', 0.8), ('PCK', None)]
    unnamed = [replace(spec, metric=None) for spec in before]
    with pytest.raises(ChangedJobError, match="metric was 'PCK', now None"):
        missing_jobs(unnamed, lambda spec: 'now', False, said.append)


def mixed(specs, out, identity='now'):
    refuse_mixture(specs, out, lambda spec: identity, print)


def test_mixture__of_two_settings_of_a_task(make_spec, tmp_path):
    done(make_spec(backbone='first', lr=0.1))
    mixed([make_spec(backbone='b', lr=0.1)], tmp_path / 'out')
    mixed([make_spec(task='b', lr=0.2)], tmp_path / 'out')
    with pytest.raises(ChangedJobError, match='choose another --out'):
        mixed([make_spec(backbone='b', lr=0.2)], tmp_path / 'out')


def test_mixture__of_two_states_of_config_or_data(make_spec, tmp_path):
    done(make_spec(backbone='first'), 'before')
    mixed([make_spec(task='b')], tmp_path / 'out')
    with pytest.raises(ChangedJobError, match='of parsing, first, seed 0'):
        mixed([make_spec(backbone='b')], tmp_path / 'out')


def test_mixture__of_two_files_under_one_name(make_spec, tmp_path):
    """Other seeds are those of the backbone that has the name now."""

    def identify(spec):
        return f'{spec.backbone.file} {spec.seed}'

    done(make_spec(seed=0, file='old.pth'), 'old.pth 0')
    done(make_spec(backbone='b', file='b.pth'), 'b.pth 0')
    same = [make_spec(seed=1, file='old.pth')]
    refuse_mixture(same, tmp_path / 'out', identify, print)
    other = [make_spec(seed=1, file='new.pth')]
    with pytest.raises(ChangedJobError, match='of parsing, mine, seed 0'):
        refuse_mixture(other, tmp_path / 'out', identify, print)
