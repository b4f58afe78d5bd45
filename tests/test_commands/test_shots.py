"""The command line of mmssl shots; test_flow/test_shots.py has the cuts."""

import numpy as np

from mmssl.cli import run_command
from mmssl.testing.videos import moving_frames, write_video


def test_shots__two_scenes_two_folders(tmp_path, capsys):
    rng = np.random.default_rng(0)
    dark = [frame // 4 for frame in moving_frames(5, 48, 64, rng)]
    light = [255 - frame // 4 for frame in moving_frames(6, 48, 64, rng)]
    write_video(tmp_path / 'in' / 'a.avi', np.stack([*dark, *light]))
    arguments = [str(tmp_path / 'in'), str(tmp_path / 'out')]
    assert run_command('shots', arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f'2 shots in {tmp_path / "out"}'
    folders = [path for path in (tmp_path / 'out').rglob('*') if path.is_dir()]
    counts = sorted(len(list(folder.glob('*.jpg'))) for folder in folders)
    assert counts[-2:] == [5, 6]


def test_shots__users_mistakes(tmp_path, capsys):
    assert run_command('shots', [str(tmp_path / 'no'), str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith('error: ')
