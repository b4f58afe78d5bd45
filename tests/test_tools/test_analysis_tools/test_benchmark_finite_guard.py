"""The tool measures a real step of a real config."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.slow
def test_guard__is_a_small_part_of_a_step():
    done = subprocess.run(
        [
            sys.executable,
            'tools/analysis_tools/benchmark_finite_guard.py',
            'configs/cmp/cmp_r18_cpu-demo.py',
            *('--batch', '4', '--size', '96', '--steps', '3'),
        ],
        cwd=ROOT,
        env={**os.environ, 'CUDA_VISIBLE_DEVICES': '', 'OMP_NUM_THREADS': '1'},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    found = re.fullmatch(
        r'step (\d+) ms, guard (\d+\.\d) ms, (\d+\.\d+)%\n', done.stdout
    )
    step, guard, share = map(float, found.groups())
    assert share == pytest.approx(100 * guard / step, abs=0.5)
    assert share < 100
