"""What the folder of a job says."""

from pathlib import Path

import pytest

from mmssl.benchmark.job_state import (
    LOG,
    make_ready,
    note_failure,
    read_state,
    set_aside,
)
from mmssl.downstream.job_spec import ERROR, JOB, RESULT, JobResult


@pytest.fixture
def result():
    return JobResult(
        'parsing', 'mine', 0, 'mIoU', 1.5, dict(mIoU=1.5), {}, {}, {}, 'abc'
    )


def test_state__open_half_failed_done(make_spec, result):
    spec = make_spec()
    folder = Path(spec.work_dir)
    assert read_state(folder).status == 'open'
    make_ready(folder, spec)
    state = read_state(folder)
    assert (state.status, state.spec) == ('half finished', spec)
    note_failure(folder, 'crash', 'signal 11')
    state = read_state(folder)
    assert (state.status, state.kind, state.error) == (
        'failed',
        'crash',
        'signal 11',
    )
    # a result counts more than an error that was left
    result.write(folder)
    state = read_state(folder)
    assert (state.status, state.result, state.spec) == ('done', result, spec)


@pytest.mark.parametrize('name', [RESULT, ERROR, JOB])
@pytest.mark.parametrize('text', ['', '{"value": 1', '[]', '{"x": 1}', '3'])
def test_state__a_broken_file_is_none(make_spec, name, text):
    folder = Path(make_spec().work_dir)
    folder.mkdir(parents=True)
    (folder / name).write_text(text)
    state = read_state(folder)
    assert state.status == 'half finished'
    assert state.result is None
    assert state.spec is None


def test_ready__clears_all_but_the_log(make_spec):
    spec = make_spec(seed=3)
    folder = Path(spec.work_dir)
    (folder / '20260101' / 'vis').mkdir(parents=True)
    (folder / 'iter_5.pth').write_text('x')
    (folder / LOG).write_text('before')
    outside = folder.parents[4] / 'outside'
    outside.mkdir()
    (outside / 'kept').write_text('x')
    (folder / 'link').symlink_to(outside)
    note_failure(folder, 'crash', 'x')
    make_ready(folder, spec)
    assert sorted(p.name for p in folder.iterdir()) == [JOB, LOG]
    assert (folder / LOG).read_text() == 'before'
    assert (outside / 'kept').exists()
    assert read_state(folder).spec == spec


def test_ready__never_throws_a_result_away(make_spec, result):
    spec = make_spec()
    folder = Path(spec.work_dir)
    result.write(folder)
    with pytest.raises(ValueError, match='holds a result'):
        make_ready(folder, spec)
    assert read_state(folder).result == result


def test_aside__numbers_go_up(make_spec, result):
    folder = Path(make_spec().work_dir)
    names = []
    for _ in range(2):
        result.write(folder)
        names.append(set_aside(folder).name)
        assert not folder.exists()
    assert names == ['seed_0.old-1', 'seed_0.old-2']
    assert read_state(folder.with_name(names[1])).result == result
