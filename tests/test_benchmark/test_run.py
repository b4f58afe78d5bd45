"""Whole benchmarks of a fake job program: real processes, no training."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmssl.benchmark.job_state import DONE, named, read_state
from mmssl.benchmark.missing_jobs import ChangedJobError
from mmssl.benchmark.pool import Slot
from mmssl.benchmark.result_files import Results
from mmssl.benchmark.run import run_benchmark

SLOTS = [Slot('CPU 0', {'OMP_NUM_THREADS': '3'}), Slot('CPU 1')]


@pytest.fixture
def bench(tmp_path, identify, program):
    """Return a function that runs specs, and what it said."""

    class Bench:
        out = tmp_path / 'out'
        said = []

        def __call__(self, specs, slots=SLOTS, **options):
            self.said = []
            return run_benchmark(
                specs,
                self.out,
                slots,
                identify=identify,
                say=self.said.append,
                program=program,
                **options,
            )

        def calls(self):
            file = self.out / 'calls.txt'
            return file.read_text().splitlines() if file.exists() else []

    return Bench()


def test_run__all_jobs_once_then_never_again(bench, make_spec):
    specs = [
        make_spec(backbone=name, seed=seed, file=file)
        for seed in (0, 1)
        for name, file in (('random', None), ('mine', 'a.pth'))
    ]
    rows = bench(specs, titles={'parsing': 'Parsing'})
    assert [row.status for row in rows] == [DONE] * 4
    assert sorted(bench.calls()) == [
        'parsing mine 0',
        'parsing mine 1',
        'parsing random 0',
        'parsing random 1',
    ]
    table = (bench.out / 'results.md').read_text()
    # mine: 40 and 41, random: 60 and 61 by the program's formula
    assert '| random | 60.50 ± 0.71 |' in table
    assert '| mine | 40.50 ± 0.71 (-20.00) |' in table
    assert 'Parsing (mIoU)' in table
    lines = list(csv.DictReader((bench.out / 'results.csv').open()))
    assert [float(line['value']) for line in lines] == [40, 41, 60, 61]
    cells = json.loads((bench.out / 'results.json').read_text())['cells']
    assert {c['backbone']: c['gain'] for c in cells} == {
        'mine': -20.0,
        'random': None,
    }
    assert np.asarray(Image.open(bench.out / 'results.png')).std() > 5
    ended = [line for line in bench.said if line.startswith('[')]
    assert ended[-1].startswith('[4/4] ')
    assert 'jobs/min' in ended[0]
    assert 'left' in ended[0]
    assert '    3 of 3' in bench.said  # the report of what was loaded

    again = bench(specs)
    assert len(bench.calls()) == 4
    assert again == rows
    assert bench.said == ['4 of 4 jobs are done']


def test_run__a_failed_job_stops_no_other_and_is_named(bench, make_spec):
    specs = [
        make_spec(task=task, backbone=name, fail='alexnet')
        for task in ('a', 'b')
        for name in ('alexnet', 'mine')
    ]
    specs.append(make_spec(task='killed', die=True))
    specs.append(make_spec(task='mute', mute=True))
    rows = bench(specs)
    assert [row.status for row in rows] == ['failed', DONE] * 2 + [
        'failed',
        'failed',
    ]
    table = (bench.out / 'results.md').read_text()
    assert '* a, alexnet, seed 0: failed: it cannot fit' in table
    assert '* killed, mine, seed 0: failed: killed, which a machine' in table
    assert 'it ended with status 3: error: nothing to say' in table
    told = '\n'.join(bench.said)
    assert 'FAILED (misfit): it cannot fit' in told
    assert str(Path(specs[0].work_dir, 'log.txt')) in told
    # tried again by the next call, the others are not
    calls = len(bench.calls())
    bench(specs)
    assert len(bench.calls()) == calls + 4
    assert 'a, alexnet, seed 0: failed before, is tried again' in bench.said
    assert '2 of 6 jobs are done' in bench.said


def test_run__half_finished_folders_are_told_and_begin_again(bench, make_spec):
    spec = make_spec()
    folder = Path(spec.work_dir)
    spec.write()
    (folder / 'iter_500.pth').write_text('left behind')
    (folder / 'log.txt').write_text('first attempt\n')
    bench([spec])
    assert f'{named(spec)}: was half finished, begins again' in bench.said
    assert not (folder / 'iter_500.pth').exists()
    log = (folder / 'log.txt').read_text()
    assert log.startswith('first attempt\n')
    assert 'starts 3' in log


def test_run__changed_settings_are_refused_then_kept_aside(bench, make_spec):
    bench([make_spec()])
    before = read_state(Path(make_spec().work_dir)).result
    changed = make_spec(lr=0.2)
    with pytest.raises(ChangedJobError) as error:
        bench([changed, make_spec(seed=1)])
    assert "cfg_options was {}, now {'lr': 0.2}" in str(error.value)
    assert '--redo' in str(error.value)
    assert len(bench.calls()) == 1  # nothing was begun
    assert read_state(Path(changed.work_dir)).result == before
    rows = bench([changed], redo=True)
    assert rows[0].status == DONE
    old = Path(changed.work_dir).with_name('seed_0.old-1')
    assert read_state(old).result == before
    assert len(Results(bench.out, {}).table().splitlines()) == 3


def test_run__two_at_once_in_one_folder_are_refused(bench, make_spec):
    from mmssl.flow.output_lock import OutputLock

    with OutputLock(str(bench.out), 0, ('jobs',), what='benchmark'):
        with pytest.raises(OSError, match='another benchmark is writing'):
            bench([make_spec()])
    assert bench.calls() == []


def test_run__table_has_the_results_of_all_calls(bench, make_spec):
    bench([make_spec(backbone='first')])
    rows = bench([make_spec(backbone='second')])
    assert [row.backbone for row in rows] == ['second']
    table = (bench.out / 'results.md').read_text()
    assert '| first |' in table
    assert '| second |' in table


def test_run__one_table_has_one_setting_of_a_task(bench, make_spec):
    bench([make_spec(backbone='first')])
    with pytest.raises(ChangedJobError, match='choose another --out'):
        bench([make_spec(backbone='second', lr=0.5)], redo=True)
    assert len(bench.calls()) == 1
    bench([make_spec(task='other', backbone='second', lr=0.5)])
    assert len(bench.calls()) == 2


def test_run__results_that_cannot_be_compared_are_kept(bench, make_spec):
    bench([make_spec()])

    def identify(spec):
        raise ValueError('mmdet is not installed')

    rows = run_benchmark(
        [make_spec()],
        bench.out,
        SLOTS,
        identify=identify,
        say=bench.said.append,
    )
    assert rows[0].status == DONE
    assert 'result kept, its settings not compared' in bench.said[-2]


CALL = """
import sys
sys.path.insert(0, {here!r})
from pathlib import Path
from mmssl.benchmark.pool import Slot, Stopped
from mmssl.benchmark.run import run_benchmark
from mmssl.downstream.job_spec import JobSpec
specs = [JobSpec.read(path) for path in {paths!r}]
for path in {paths!r}:
    Path(path).unlink()
try:
    run_benchmark(specs, Path({out!r}), [Slot('a'), Slot('b')],
                  identify=lambda spec: '', program={program!r})
except Stopped as stop:
    sys.exit(128 + stop.number)
"""


@pytest.mark.slow
def test_run__ctrl_c_ends_all_processes_and_the_next_call_goes_on(
    bench, make_spec, program, identify
):
    specs = [make_spec(seed=0), make_spec(seed=1, sleep=300, child=True)]
    paths = [str(spec.write()) for spec in specs]
    call = CALL.format(
        here=str(Path(__file__).parents[2]),
        paths=paths,
        out=str(bench.out),
        program=program,
    )
    process = subprocess.Popen(
        [sys.executable, '-c', call], stdout=subprocess.PIPE, text=True
    )
    folder = Path(specs[1].work_dir)
    done = Path(specs[0].work_dir, 'result.json')
    told = bench.out / 'results.csv'
    _wait_for(lambda: (folder / 'ready').exists() and told.exists())
    pids = [int((folder / n).read_text()) for n in ('begun', 'child')]
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 128 + signal.SIGINT
    _wait_for(lambda: not any(_alive(pid) for pid in pids))
    assert done.exists()
    assert read_state(folder).status == 'half finished'
    assert '[1/2] ' in process.stdout.read()
    # what was done is not computed again
    calls = len(bench.calls())
    specs[1] = make_spec(seed=1)
    rows = bench(specs)
    assert [row.status for row in rows] == [DONE] * 2
    assert len(bench.calls()) == calls + 1


def _wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def _alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()
    return status[0] != 'Z'
