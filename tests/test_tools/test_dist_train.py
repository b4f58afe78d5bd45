"""Real processes: two of gloo give the curve of one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOY = ROOT / 'tests' / 'data' / 'toy_run'

needs_bash = pytest.mark.skipif(
    shutil.which('bash') is None, reason='needs bash'
)


def run(*command, cwd, **environment):
    """Run a tool; the toy project is on the path, no GPU is seen."""
    names = ('RANK', 'WORLD_SIZE', 'LOCAL_RANK', 'MASTER_ADDR', 'MASTER_PORT')
    env = {k: v for k, v in os.environ.items() if k not in names}
    env.update(
        PYTHON=sys.executable, PYTHONPATH=str(TOY), CUDA_VISIBLE_DEVICES=''
    )
    env.update(environment)
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def logged(folder):
    lines = [
        json.loads(line)
        for file in sorted(Path(folder).glob('*/vis_data/scalars.json'))
        for line in file.read_text().splitlines()
    ]
    return (
        [line['loss'] for line in lines if 'loss' in line],
        [line['toy/error'] for line in lines if 'toy/error' in line],
        [line['toy/count'] for line in lines if 'toy/count' in line],
    )


@needs_bash
@pytest.mark.slow
def test_two_processes__curve_of_one_and_resume_across(tmp_path):
    single = run(
        *(sys.executable, ROOT / 'tools/train.py', TOY / 'toy_config.py'),
        *('--work-dir', 'single dir'),
        cwd=tmp_path,
        PYTHONPATH=f'{ROOT}{os.pathsep}{TOY}',
    )
    assert single.returncode == 0, single.stderr
    double = run(
        *('bash', ROOT / 'tools/dist_train.sh', TOY / 'toy_config.py', 2),
        *('--work-dir', 'double dir', '--cfg-options'),
        'train_dataloader.batch_size=2',
        cwd=tmp_path,
    )
    assert double.returncode == 0, double.stderr
    loss, error, count = logged(tmp_path / 'single dir')
    assert len(loss) == 12
    got = logged(tmp_path / 'double dir')
    assert got[0] == pytest.approx(loss, rel=1e-5)
    assert got[1] == pytest.approx(error, rel=1e-5)
    assert got[2] == count == [10]

    # two processes go on from what one process wrote
    resumed = tmp_path / 'resumed'
    resumed.mkdir()
    shutil.copy(tmp_path / 'single dir' / 'iter_8.pth', resumed)
    (resumed / 'last_checkpoint').write_text('iter_8.pth')
    double = run(
        *('bash', ROOT / 'tools/dist_train.sh', TOY / 'toy_config.py', 2),
        *('--work-dir', 'resumed', '--resume', 'auto', '--cfg-options'),
        'train_dataloader.batch_size=2',
        cwd=tmp_path,
    )
    assert double.returncode == 0, double.stderr
    assert logged(resumed)[0] == pytest.approx(loss[8:], rel=1e-5)

    tested = run(
        *('bash', ROOT / 'tools/dist_test.sh', TOY / 'toy_config.py'),
        *('single dir/iter_12.pth', 2, '--out', 'metrics.json'),
        cwd=tmp_path,
    )
    assert tested.returncode == 0, tested.stderr
    metrics = json.loads((tmp_path / 'metrics.json').read_text())
    assert metrics['toy/error'] == pytest.approx(error[-1], rel=1e-5)
    assert metrics['toy/count'] == 10


def stand_in(folder: Path) -> Path:
    """A Python that writes its arguments and environment instead."""
    script = folder / 'python stand-in'
    script.write_text(
        f'#!{sys.executable}\n'
        'import json, os, sys\n'
        'if sys.argv[1] == "-c":\n'
        '    print(os.environ["ANSWER"])\n'
        'else:\n'
        '    names = ("OMP_NUM_THREADS", "PYTHONPATH")\n'
        '    print(json.dumps([sys.argv[1:],\n'
        '                      [os.environ[n] for n in names]]))\n'
    )
    script.chmod(0o755)
    return script


@needs_bash
def test_arguments__reach_torchrun_and_the_tool(tmp_path):
    python = stand_in(tmp_path)
    base = dict(PYTHON=str(python), OMP_NUM_THREADS='', ANSWER='4321 0')

    def call(*args, **environment):
        env = dict(os.environ, PYTHONPATH='mine', **base)
        env.update(environment)
        done = subprocess.run(
            ['bash', *map(str, args)],
            env=env,
            capture_output=True,
            text=True,
            check=True,
            cwd=tmp_path,
        )
        return json.loads(done.stdout)

    arguments, (threads, path) = call(
        *(ROOT / 'tools/dist_train.sh', 'my config.py', 2),
        *('--cfg-options', 'a="[1, 2]"', 'b=*'),
    )
    assert arguments == [
        *('-m', 'torch.distributed.run'),
        *('--nnodes=1', '--node_rank=0', '--master_addr=127.0.0.1'),
        *('--master_port=4321', '--nproc_per_node=2'),
        str(ROOT / 'tools' / 'train.py'),
        *('my config.py', '--cfg-options', 'a="[1, 2]"', 'b=*'),
        *('--launcher', 'pytorch'),
    ]
    cores = len(os.sched_getaffinity(0))
    assert int(threads) == max(1, cores // 2)
    assert path == f'{ROOT}:mine'
    arguments, (threads, _) = call(
        *(ROOT / 'tools/dist_test.sh', 'c.py', 'a b.pth', 4),
        NNODES='2',
        NODE_RANK='1',
        MASTER_ADDR='node0',
        OMP_NUM_THREADS='7',
    )
    assert arguments[2:] == [
        *('--nnodes=2', '--node_rank=1', '--master_addr=node0'),
        *('--master_port=29500', '--nproc_per_node=4'),
        str(ROOT / 'tools' / 'test.py'),
        *('c.py', 'a b.pth', '--launcher', 'pytorch'),
    ]
    assert threads == '7'
    arguments, _ = call(
        *(ROOT / 'tools/dist_train.sh', 'c.py', 1), PORT='99', ANSWER='4321 1'
    )
    assert '--master_port=99' in arguments
    passed_on = '--signals-to-handle=SIGTERM,SIGINT,SIGHUP,SIGQUIT,SIGUSR1'
    assert arguments.index(passed_on) < arguments.index('c.py')


@needs_bash
@pytest.mark.parametrize(
    'arguments',
    [
        ('dist_train.sh', 'c.py'),
        ('dist_train.sh', 'c.py', 'two'),
        ('dist_train.sh', 'c.py', '0'),
        ('dist_test.sh', 'c.py', 'a.pth'),
        ('slurm_train.sh', 'partition', 'job', 'c.py'),
    ],
)
def test_usage__is_shown(arguments):
    script, *rest = arguments
    done = subprocess.run(
        ['bash', str(ROOT / 'tools' / script), *rest],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith('usage: ')
