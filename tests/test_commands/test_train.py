"""The command line of mmssl train: each argument arrives as said."""

from __future__ import annotations

import errno
import gc

import pytest

from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.cli import run_command
from mmssl.engine import launch
from mmssl.engine.run_config import LaunchError
from mmssl.engine.speed_options import SpeedOptions
from mmssl.engine.step_guard import NonFiniteError
from mmssl.engine.stop_request import RunStopped

DEFAULTS = dict(
    work_dir=None,
    resume=None,
    amp=False,
    speed=SpeedOptions(),
    auto_scale_lr=False,
    validate=True,
    cfg_options=None,
    launcher='none',
)


@pytest.fixture
def call(monkeypatch):
    """Run the tool with a stand-in for the library's function."""
    monkeypatch.delenv('LOCAL_RANK', raising=False)
    # restored after the test, although the tool sets it
    monkeypatch.setenv('LOCAL_RANK', '0')
    calls = []

    def call(*arguments, error=None):
        def train(config, **options):
            calls.append((config, options))
            if error is not None:
                raise error

        monkeypatch.setattr(launch, 'train', train)
        status = run_command('train', arguments)
        return status if error else (status, *calls[-1])

    return call


@pytest.mark.parametrize(
    ('arguments', 'changed'),
    [
        ('', {}),
        ('--work-dir w', dict(work_dir='w')),
        ('--resume', dict(resume='auto')),
        ('--resume auto', dict(resume='auto')),
        ('--resume a.pth', dict(resume='a.pth')),
        ('--amp --auto-scale-lr', dict(amp=True, auto_scale_lr=True)),
        ('--no-validate', dict(validate=False)),
        (
            '--precision bf16 --channels-last --accumulate 2',
            dict(
                speed=SpeedOptions(
                    precision='bf16', channels_last=True, accumulate=2
                )
            ),
        ),
        (
            '--compile --grad-checkpoint --optimizer-loop fused',
            dict(
                speed=SpeedOptions(
                    compile=True, grad_checkpoint=True, optimizer_loop='fused'
                )
            ),
        ),
        ('--launcher pytorch --local_rank 1', dict(launcher='pytorch')),
        ('--launcher slurm --local-rank=1', dict(launcher='slurm')),
        (
            '--cfg-options a.b=1 c=[x,y] d=(1,2)',
            dict(cfg_options={'a.b': 1, 'c': ['x', 'y'], 'd': (1, 2)}),
        ),
    ],
)
def test_arguments__arrive(call, arguments, changed):
    got = call('config.py', *arguments.split())
    assert got == (0, 'config.py', dict(DEFAULTS, **changed))


@pytest.mark.parametrize(
    'error', [LaunchError('no config'), CheckpointError('refused')]
)
def test_users_mistakes__one_line_no_traceback(call, error, capsys):
    assert call('config.py', error=error) == 1
    assert capsys.readouterr().err == f'error: {error}\n'


def test_nan__first_line_of_the_error_for_the_log_has_it_all(call, capsys):
    error = NonFiniteError('iteration 4: the loss is not finite\n  more')
    assert call('config.py', error=error) == 1
    assert capsys.readouterr().err == (
        'error: iteration 4: the loss is not finite; the log says where and '
        'what to do\n'
    )


def test_full_disk__one_line_other_errors_of_files_are_ours(call, capsys):
    full = OSError(errno.ENOSPC, 'No space left on device', 'a.json')
    assert call('config.py', error=full) == 1
    shown = capsys.readouterr().err
    assert shown.startswith("error: [Errno 28] No space left on device: 'a.j")
    with pytest.raises(PermissionError):
        call('config.py', error=PermissionError(errno.EACCES, 'no'))


def test_stop_signal__status_0(call, capsys):
    try:
        assert call('config.py', error=RunStopped('saved')) == 0
    finally:
        gc.unfreeze()
    assert capsys.readouterr().err == ''


def test_our_mistakes__keep_their_traceback(call):
    with pytest.raises(ZeroDivisionError):
        call('config.py', error=ZeroDivisionError())


def test_unknown_launcher__is_a_usage_error(call, capsys):
    with pytest.raises(SystemExit):
        call('config.py', '--launcher', 'ssh')
    assert "invalid choice: 'ssh'" in capsys.readouterr().err
