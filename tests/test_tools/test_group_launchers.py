"""Every way to start a group of processes gives the curve of one process.

All are real: torchrun, mmssl --processes, Slurm's variables (by a stand-in
for srun that starts the tasks), and two nodes. These are network namespaces
with addresses of their own where the machine lets us make some, else two
ranks of nodes on this machine.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mmssl.commands.local_processes import free_port

ROOT = Path(__file__).parents[2]
TOY = ROOT / 'tests' / 'data' / 'toy_run'
CONFIG = TOY / 'toy_config.py'
HALF = ('--cfg-options', 'train_dataloader.batch_size=2')

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which('bash') is None, reason='needs bash'),
]


def start(*command, cwd, stdout=subprocess.PIPE, **environment):
    """Start a tool; the toy project is on the path, no GPU is seen."""
    names = ('RANK', 'WORLD_SIZE', 'LOCAL_RANK', 'MASTER_ADDR', 'MASTER_PORT')
    env = {k: v for k, v in os.environ.items() if k not in names}
    env.update(
        PYTHON=sys.executable,
        PYTHONPATH=f'{ROOT}{os.pathsep}{TOY}',
        CUDA_VISIBLE_DEVICES='',
        **environment,
    )
    return subprocess.Popen(
        [str(part) for part in command],
        cwd=cwd,
        env=env,
        stdout=stdout,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process):
    told, _ = process.communicate(timeout=300)
    assert process.returncode == 0, told


def finish_all(processes):
    """Wait for all; when one fails, the others wait for it in vain."""
    deadline = time.monotonic() + 200
    while any(process.poll() is None for process in processes):
        late = time.monotonic() > deadline
        if late or any(process.poll() for process in processes):
            time.sleep(1)
            for process in processes:
                process.kill()
            break
        time.sleep(0.2)
    told = [process.communicate(timeout=60)[0] for process in processes]
    assert [p.returncode for p in processes] == [0] * len(told), told


def logged(folder):
    """Losses, and errors and counts of the validation."""
    (file,) = Path(folder).glob('*/vis_data/scalars.json')
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    keys = ('loss', 'toy/error', 'toy/count')
    return [[line[k] for line in lines if k in line] for k in keys]


@pytest.fixture(scope='module')
def single(tmp_path_factory):
    """Folder of a run in one process, ``one``, and its curves."""
    folder = tmp_path_factory.mktemp('launchers')
    tool = ROOT / 'tools' / 'train.py'
    finish(
        start(sys.executable, tool, CONFIG, '--work-dir', 'one', cwd=folder)
    )
    curves = logged(folder / 'one')
    assert len(curves[0]) == 12
    assert curves[2] == [10]
    return folder, curves


def assert_same(folder, curves):
    loss, error, count = logged(folder)
    assert loss == pytest.approx(curves[0], rel=1e-5)
    assert error == pytest.approx(curves[1], rel=1e-5)
    assert count == curves[2]


def test_torchrun(single):
    folder, curves = single
    finish(
        start(
            *(sys.executable, '-m', 'torch.distributed.run', '--standalone'),
            *('--nproc_per_node=2', ROOT / 'tools' / 'train.py', CONFIG),
            *('--launcher', 'pytorch', '--work-dir', 'torchrun', *HALF),
            cwd=folder,
        )
    )
    assert_same(folder / 'torchrun', curves)


def test_mmssl_train_processes(single):
    folder, curves = single
    finish(
        start(
            *(sys.executable, '-m', 'mmssl', 'train', CONFIG),
            *('--processes', 2, '--work-dir', 'processes', *HALF),
            cwd=folder,
        )
    )
    assert_same(folder / 'processes', curves)


SRUN = """
import os, subprocess, sys
options = [word for word in sys.argv[1:] if word.startswith('--')]
(count,) = (o.split('=')[1] for o in options if o.startswith('--ntasks='))
first = next(i for i, word in enumerate(sys.argv) if 'python' in word)
tasks = []
for task in range(int(count)):
    env = dict(os.environ, SLURM_PROCID=str(task), SLURM_LOCALID=str(task),
               SLURM_NTASKS=count, SLURM_NODELIST='node[0-3]')
    tasks.append(subprocess.Popen(sys.argv[first:], env=env))
sys.exit(max(task.wait() for task in tasks))
"""


def test_slurm(single, tmp_path):
    folder, curves = single
    scripts = dict(srun=SRUN, scontrol="print('127.0.0.1\\nnode1')\n")
    for name, text in scripts.items():
        script = tmp_path / name
        script.write_text(f'#!{sys.executable}\n{text}')
        script.chmod(0o755)
    finish(
        start(
            *('bash', ROOT / 'tools' / 'slurm_train.sh', 'part', 'job'),
            *(CONFIG, 'slurm', *HALF),
            cwd=folder,
            GPUS='2',
            PATH=f'{tmp_path}{os.pathsep}{os.environ["PATH"]}',
        )
    )
    assert_same(folder / 'slurm', curves)


@contextlib.contextmanager
def two_nodes():
    """Yield the prefix of commands on each node, and the first's address."""
    names = [f'mmssl{os.getpid()}{node}' for node in 'ab']
    ip = shutil.which('ip') or 'false'
    made = []

    def call(*words):
        subprocess.run([ip, *words], check=True, capture_output=True)

    try:
        for name in names:
            call('netns', 'add', name)
            made.append(name)
        ends = [f'v{name[5:]}' for name in names]
        call(
            *('-n', names[0], 'link', 'add', ends[0], 'type', 'veth', 'peer'),
            *('name', ends[1], 'netns', names[1]),
        )
        for number, (name, end) in enumerate(zip(names, ends), 1):
            address = f'10.77.0.{number}/24'
            call('-n', name, 'addr', 'add', address, 'dev', end)
            for device in ('lo', end):
                call('-n', name, 'link', 'set', device, 'up')
        yield [[ip, 'netns', 'exec', name] for name in names], '10.77.0.1'
    except (subprocess.CalledProcessError, FileNotFoundError):
        yield [[], []], '127.0.0.1'
    finally:
        for name in made:
            call('netns', 'del', name)


def test_two_nodes(single):
    """dist_train.sh on each, with nothing but NNODES and co."""
    folder, curves = single
    port = str(free_port())
    with two_nodes() as (prefixes, address):
        nodes = [
            start(
                *(*prefix, 'bash', ROOT / 'tools' / 'dist_train.sh', CONFIG),
                *(1, '--work-dir', 'nodes', *HALF),
                cwd=folder,
                NNODES='2',
                NODE_RANK=str(rank),
                MASTER_ADDR=address,
                PORT=port,
            )
            for rank, prefix in enumerate(prefixes)
        ]
        finish_all(nodes)
    assert_same(folder / 'nodes', curves)


def test_evaluation__ten_samples_on_three_processes(single):
    """Each sample counts once: none is dropped, no filler is counted."""
    folder, curves = single
    finish(
        start(
            *(sys.executable, '-m', 'mmssl', 'test', CONFIG),
            *('one/iter_12.pth', '--processes', 3, '--out', 'metrics.json'),
            cwd=folder,
        )
    )
    metrics = json.loads((folder / 'metrics.json').read_text())
    assert metrics['toy/count'] == 10
    assert metrics['toy/error'] == pytest.approx(curves[1][-1], rel=1e-6)


def wait_for_steps(process, log):
    end = time.monotonic() + 120
    while 'Iter(train)' not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, 'waited in vain'
        time.sleep(0.1)


def test_mmssl_train_processes__saves_and_ends_well_on_a_signal(single):
    """The signal comes to the one program; both processes stop together."""
    name = 'SIGUSR1'
    folder, _ = single
    log, work_dir = folder / f'{name}.log', folder / name
    with log.open('w') as out:
        process = start(
            *(sys.executable, '-m', 'mmssl', 'train', CONFIG),
            *('--processes', 2, '--work-dir', work_dir, '--no-validate'),
            *('--cfg-options', 'train_cfg.max_iters=1000000'),
            *('default_hooks.checkpoint.interval=1000000', 'log_level=INFO'),
            cwd=folder,
            stdout=out,
        )
        wait_for_steps(process, log)
        process.send_signal(signal.SIGUSR1)
        assert process.wait(60) == 0, log.read_text()
    (checkpoint,) = work_dir.glob('iter_*.pth')
    last = (work_dir / 'last_checkpoint').read_text()
    assert Path(last.strip()).name == checkpoint.name
    assert f'{name}: the run stops after iteration' in log.read_text()
