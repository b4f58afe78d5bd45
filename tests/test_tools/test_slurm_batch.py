"""The batch script with stand-ins for srun and scontrol that note calls."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SRUN = """
import os, signal, sys, time
from pathlib import Path
here = Path(__file__).parent
def stop(number, frame):
    time.sleep(0.3)  # writes its checkpoint
    (here / 'saved').write_text('yes')
    sys.exit(int(os.environ.get('STATUS', '0')))
signal.signal(signal.SIGUSR1, stop)
(here / 'srun.txt').write_text('\\n'.join([os.environ['MASTER_PORT'],
                                           *sys.argv[1:]]))
if 'WAIT' in os.environ:
    time.sleep(60)
sys.exit(int(os.environ.get('STATUS', '0')))
"""
SCONTROL = """
import sys
from pathlib import Path
here = Path(__file__).parent
saved = (here / 'saved').exists()
(here / 'scontrol.txt').write_text(' '.join(sys.argv[1:]) + f' {saved}')
"""

pytestmark = pytest.mark.skipif(
    shutil.which('bash') is None, reason='needs bash'
)


@pytest.fixture
def start(tmp_path):
    for name, text in (('srun', SRUN), ('scontrol', SCONTROL)):
        script = tmp_path / name
        script.write_text(f'#!{sys.executable}\n{text}')
        script.chmod(0o755)

    def start(*arguments, **environment):
        env = dict(
            os.environ,
            PATH=f'{tmp_path}:{os.environ["PATH"]}',
            SLURM_JOB_ID='54321',
            SLURM_SUBMIT_DIR=str(ROOT),
            **environment,
        )
        return subprocess.Popen(
            ['bash', str(ROOT / 'tools' / 'slurm_batch.sh'), *arguments],
            env=env,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def wait_for(path):
    end = time.monotonic() + 30
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < end
        time.sleep(0.02)


def test_arguments__go_on_by_themselves_and_end(start, tmp_path):
    process = start('a config.py', 'work dir', '--amp')
    assert process.wait(30) == 0
    port, *arguments = (tmp_path / 'srun.txt').read_text().split('\n')
    assert port == str(20000 + 54321 % 20000)
    assert arguments == [
        *('--kill-on-bad-exit=1', 'python', '-u'),
        *(str(ROOT / 'tools' / 'train.py'), 'a config.py'),
        *('--work-dir=work dir', '--launcher=slurm', '--resume=auto'),
        '--amp',
    ]
    assert not (tmp_path / 'scontrol.txt').exists()


@pytest.mark.parametrize('name', ['SIGUSR1', 'SIGTERM'])
def test_signal__is_passed_on_and_the_job_requeued_once_saved(
    start, tmp_path, name
):
    process = start('c.py', 'w', WAIT='1')
    wait_for(tmp_path / 'srun.txt')
    process.send_signal(getattr(signal, name))
    assert process.wait(30) == 0
    told = (tmp_path / 'scontrol.txt').read_text()
    assert told == 'requeue 54321 True'


def test_failure__is_not_requeued(start, tmp_path):
    assert start('c.py', 'w', STATUS='3').wait(30) == 3
    (tmp_path / 'srun.txt').unlink()
    process = start('c.py', 'w', WAIT='1', STATUS='3')
    wait_for(tmp_path / 'srun.txt')
    process.send_signal(signal.SIGUSR1)
    assert process.wait(30) == 3
    assert not (tmp_path / 'scontrol.txt').exists()


def test_usage__and_a_missing_checkout_are_told(start, tmp_path):
    process = start('c.py')
    assert process.wait(30) == 2
    assert 'usage: sbatch' in process.stderr.read()
    process = start('c.py', 'w', TRAIN=str(tmp_path / 'no.py'))
    assert process.wait(30) == 2
    assert 'submit from the checkout, or set TRAIN' in process.stderr.read()
