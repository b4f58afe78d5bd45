"""What srun is asked for, by a stand-in that writes its arguments."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(
    shutil.which('bash') is None, reason='needs bash'
)


def srun_arguments(folder: Path, *arguments: str, **environment: str):
    script = folder / 'srun'
    script.write_text(
        f'#!{sys.executable}\n'
        'import json, sys\n'
        'print(json.dumps(sys.argv[1:]))'
    )
    script.chmod(0o755)
    names = ('GPUS', 'GPUS_PER_NODE', 'CPUS_PER_TASK', 'SRUN_ARGS', 'PYTHON')
    env = {k: v for k, v in os.environ.items() if k not in names}
    env.update(PATH=f'{folder}:{env["PATH"]}', **environment)
    done = subprocess.run(
        ['bash', str(ROOT / 'tools' / 'slurm_train.sh'), *arguments],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_defaults__and_arguments_with_blanks(tmp_path):
    assert srun_arguments(
        *(tmp_path, 'gpu', 'my job', 'a config.py', 'work dir'),
        *('--resume', '--cfg-options', 'x="[1, 2]"'),
    ) == [
        *('--partition=gpu', '--job-name=my job', '--gres=gpu:8'),
        *('--ntasks=8', '--ntasks-per-node=8', '--cpus-per-task=5'),
        *('--kill-on-bad-exit=1', 'python', '-u'),
        *(str(ROOT / 'tools' / 'train.py'), 'a config.py'),
        *('--work-dir=work dir', '--launcher=slurm'),
        *('--resume', '--cfg-options', 'x="[1, 2]"'),
    ]


def test_environment__gpus_nodes_and_more_arguments(tmp_path):
    arguments = srun_arguments(
        *(tmp_path, 'gpu', 'job', 'c.py', 'w'),
        GPUS='4',
        CPUS_PER_TASK='9',
        SRUN_ARGS='--quotatype=auto --time=1:00',
        PYTHON='python3',
    )
    assert arguments[2:9] == [
        *('--gres=gpu:4', '--ntasks=4', '--ntasks-per-node=4'),
        *('--cpus-per-task=9', '--kill-on-bad-exit=1'),
        *('--quotatype=auto', '--time=1:00'),
    ]
    assert arguments[9] == 'python3'
    arguments = srun_arguments(
        *(tmp_path, 'gpu', 'job', 'c.py', 'w'), GPUS='16', GPUS_PER_NODE='4'
    )
    assert arguments[2:5] == ['--gres=gpu:4', '--ntasks=16'] + [
        '--ntasks-per-node=4'
    ]
