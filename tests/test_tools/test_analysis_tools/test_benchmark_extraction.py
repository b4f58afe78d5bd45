import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mmssl.testing.videos import moving_frames, write_video

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.slow
def test_benchmark__counts_the_same_pairs_on_both_sides(tmp_path):
    frames = moving_frames(24, 96, 128, np.random.default_rng(0))
    for name in ('a.avi', 'b.avi'):
        write_video(tmp_path / name, frames)
    (tmp_path / 'empty.avi').touch()
    tool = ROOT / 'tools' / 'analysis_tools' / 'benchmark_extraction.py'
    done = subprocess.run(
        [sys.executable, str(tool), str(tmp_path), '--workers', '2',
         '--rounds', '2', '--stride', '2'],
        env={**os.environ, 'PYTHONPATH': str(ROOT)},
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    head, *rounds, last = done.stdout.splitlines()
    assert head.split()[:2] == ['round', 'pairs']
    for line in rounds:
        values = line.replace('%', '').split()
        assert int(values[1]) == 2 * 22
        alone_cpu, whole_cpu, cpu_ratio = (float(values[i]) for i in (3, 5, 7))
        assert alone_cpu < whole_cpu
        assert 0 < cpu_ratio < 100
    assert re.search(r'wall \d+\.\d% .* CPU \d+\.\d%', last)
