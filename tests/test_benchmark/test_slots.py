"""Where jobs run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mmssl.benchmark.slots import (
    available_cores,
    cpu_slots,
    gpu_slots,
    slurm_slots,
)


@pytest.mark.parametrize(
    ('count', 'visible', 'expected'),
    [
        (None, None, ['0', '1', '2', '3']),
        (2, None, ['0', '1']),
        (2, '5,7,1,0', ['5', '7']),
        (None, 'GPU-ab,GPU-cd,GPU-ef,GPU-01', None),
    ],
)
def test_gpu__one_job_on_each(count, visible, expected):
    environment = {} if visible is None else {'CUDA_VISIBLE_DEVICES': visible}
    slots = gpu_slots(count, environment, 4)
    found = [slot.environment['CUDA_VISIBLE_DEVICES'] for slot in slots]
    assert found == (expected or visible.split(','))
    assert [slot.name for slot in slots] == [f'GPU {name}' for name in found]


@pytest.mark.parametrize(
    ('count', 'present', 'words'),
    [
        (5, 4, '--gpus must be 1 to 4, the GPUs of this machine, got 5'),
        (0, 4, 'got 0'),
        (2, 0, 'torch finds no GPU on this machine'),
    ],
)
def test_gpu__not_there(count, present, words):
    with pytest.raises(ValueError, match=words):
        gpu_slots(count, {}, present)


@pytest.mark.parametrize(
    ('count', 'cores', 'jobs', 'threads'),
    [
        (None, 1, 1, '1'),
        (None, 2, 2, '1'),
        (None, 8, 4, '2'),
        (None, 64, 16, '4'),
        (2, 2, 2, '1'),
        (3, 2, 3, '1'),
        (1, 2, 1, '2'),
    ],
)
def test_cpu__cores_are_shared(count, cores, jobs, threads):
    slots = cpu_slots(count, {}, cores)
    assert len(slots) == jobs
    for slot in slots:
        assert slot.environment['OMP_NUM_THREADS'] == threads
        assert slot.environment['CUDA_VISIBLE_DEVICES'] == ''
        assert slot.environment['OMP_WAIT_POLICY'] == 'PASSIVE'


def test_cpu__what_the_user_has_set_is_kept():
    given = {'OMP_NUM_THREADS': '7', 'OMP_WAIT_POLICY': 'ACTIVE'}
    slot = cpu_slots(1, given, 8)[0]
    assert slot.environment['OMP_NUM_THREADS'] == '7'
    assert 'OMP_WAIT_POLICY' not in slot.environment
    with pytest.raises(ValueError, match='--jobs must be >= 1, got 0'):
        cpu_slots(0, {}, 8)


@pytest.mark.skipif(
    not hasattr(os, 'sched_setaffinity'), reason='not on this system'
)
def test_cores__those_that_this_process_may_use():
    file = Path(__file__).parents[2] / 'mmssl/benchmark/slots.py'
    body = file.read_text().split('def available_cores')[1].split('\n\n\n')[0]
    code = (
        'import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n'
        f'def available_cores{body}\nprint(available_cores())'
    )
    done = subprocess.run(
        [sys.executable, '-S', '-c', code], capture_output=True, check=True
    )
    assert done.stdout.split() == [b'1']
    assert available_cores() == len(os.sched_getaffinity(0))


# ---- Slurm: a program that does what srun does -----------------------------

SRUN = """#!{python}
import json, os, pathlib, subprocess, sys
words = sys.argv[1:]
own = [w for w in words if w.startswith('--')]
command = words[len(own):]
with open({log!r}, 'a') as log:
    log.write(json.dumps(own) + chr(10))
partition = [w for w in own if w.startswith('--partition=')][0]
if partition.endswith('=gone'):
    print('srun: error: invalid partition specified: gone', file=sys.stderr)
    sys.exit(1)
sys.exit(subprocess.run(command).returncode)
"""


@pytest.fixture
def srun(tmp_path, monkeypatch):
    """Put a program called srun on the path; return the file of its calls."""
    folder = tmp_path / 'bin'
    folder.mkdir()
    log = tmp_path / 'srun.log'
    file = folder / 'srun'
    file.write_text(SRUN.format(python=sys.executable, log=str(log)))
    file.chmod(0o755)
    monkeypatch.setenv('PATH', f'{folder}{os.pathsep}{os.environ["PATH"]}')
    return log


def test_slurm__each_job_is_one_of_srun(srun, make_spec, program, identify):
    from mmssl.benchmark.run import run_benchmark

    out = Path(make_spec().work_dir).parents[3]
    slots = slurm_slots('gpu', 2, gpus=1, cpus=6, more=['--qos=low'])
    rows = run_benchmark(
        [make_spec(seed=0), make_spec(seed=1)],
        out,
        slots,
        identify=identify,
        say=lambda text: None,
        program=program,
    )
    assert [row.value for row in rows] == [40, 41]
    calls = srun.read_text().splitlines()
    assert len(calls) == 2
    for word in (
        '--partition=gpu',
        '--gres=gpu:1',
        '--cpus-per-task=6',
        '--ntasks=1',
        '--qos=low',
    ):
        assert f'"{word}"' in calls[0]


def test_slurm__what_srun_says_is_told(srun, make_spec, program, identify):
    from mmssl.benchmark.run import run_benchmark

    rows = run_benchmark(
        [make_spec()],
        Path(make_spec().work_dir).parents[3],
        slurm_slots('gone', 1),
        identify=identify,
        say=lambda text: None,
        program=program,
    )
    assert rows[0].status == 'failed'
    assert 'invalid partition specified: gone' in rows[0].error


def test_slurm__bad_numbers_and_names():
    with pytest.raises(ValueError, match='must be >= 1 and GPUs >= 0'):
        slurm_slots('a', 0)
    with pytest.raises(ValueError, match="name of a partition, got '--x'"):
        slurm_slots('--x', 1)
    words = slurm_slots('a', 1, gpus=0, cpus=3)[0]
    assert not any('gres' in word for word in words.prefix)
    assert words.environment['OMP_NUM_THREADS'] == '3'
