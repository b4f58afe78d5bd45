import subprocess
import sys

import pytest


@pytest.fixture
def steps(dev):
    return dev('steps')


class World:
    """Steps that note when they run; ``state`` is what they leave behind."""

    def __init__(self, module, folder):
        self.module, self.folder = module, folder
        self.ran, self.state, self.keys = [], {}, {}
        self.broken = set()

    def run(self):
        self.ran.clear()
        steps = [self.step(name) for name in ('a', 'b', 'c')]
        return self.module.run_steps(steps, self.folder)

    def step(self, name):
        def action(log):
            self.ran.append(name)
            if name in self.broken:
                raise self.module.SetupError(f'{name} is broken')
            self.state[name] = 'there'

        return self.module.Step(
            name,
            f'step {name}',
            self.keys.get(name, 'key'),
            action,
            lambda: self.state.get(name, 'missing'),
        )


@pytest.fixture
def world(steps, tmp_path):
    return World(steps, tmp_path / 'state')


def test_run__all_once(world, capsys):
    assert (world.run(), world.ran) == (3, ['a', 'b', 'c'])
    said = capsys.readouterr().out
    assert '[1/3] step a ...' in said
    assert '3 of 3 steps were due' in said
    assert (world.run(), world.ran) == (0, [])
    assert capsys.readouterr().out == ''


def test_run__changed_content_repeats_that_step_only(world):
    world.run()
    world.keys['b'] = 'other key'
    assert (world.run(), world.ran) == (1, ['b'])
    assert world.run() == 0


def test_run__changed_result_repeats_that_step_only(world):
    world.run()
    world.state['c'] = 'another version'
    assert (world.run(), world.ran) == (1, ['c'])


def test_run__goes_on_after_a_failure(world):
    world.broken.add('b')
    with pytest.raises(world.module.SetupError, match='b is broken'):
        world.run()
    assert world.ran == ['a', 'b']
    world.broken.clear()
    assert (world.run(), world.ran) == (2, ['b', 'c'])


def test_run__failed_repetition_drops_the_old_stamp(world):
    """A step killed half-way must not count as done with the old key."""
    world.run()
    world.keys['b'], world.broken = 'new', {'b'}
    with pytest.raises(world.module.SetupError):
        world.run()
    world.keys['b'], world.broken = 'key', set()
    assert (world.run(), world.ran) == (1, ['b'])


def test_run__unreadable_stamp_counts_as_none(world):
    world.run()
    (world.folder / 'a.stamp').write_bytes(b'\xff\xfe')
    assert (world.run(), world.ran) == (1, ['a'])


def test_call__output_goes_to_the_log(steps, tmp_path, capfd):
    log = tmp_path / 'new' / 'x.log'
    steps.call([sys.executable, '-c', 'print("hello")'], log)
    lines = log.read_text().splitlines()
    assert lines[0].startswith(f'$ {sys.executable}')
    assert lines[1:] == ['hello']
    assert capfd.readouterr().out == ''


def test_call__error_shows_the_end_of_the_log(steps, tmp_path):
    code = '[print("line", i) for i in range(100)]; raise SystemExit(3)'
    with pytest.raises(steps.SetupError, match='ended with code 3') as caught:
        steps.call([sys.executable, '-c', code], tmp_path / 'x.log')
    message = str(caught.value)
    assert message.endswith('  | line 99')
    assert message.count('\n') == steps.TAIL_LINES
    assert str(tmp_path / 'x.log') in message


def test_call__shows_that_it_lives(steps, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(steps, 'HEARTBEAT_S', 0.05)
    code = 'import time; time.sleep(0.5)'
    steps.call([sys.executable, '-c', code], tmp_path / 'x.log')
    assert 'still running after' in capsys.readouterr().out


def test_call__ends_what_it_started_when_stopped(steps, tmp_path, monkeypatch):
    started = []

    def popen(*args, **kwargs):
        started.append(subprocess.Popen(*args, **kwargs))
        return started[0]

    def stop(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(
        steps,
        'subprocess',
        type('S', (), {**vars(subprocess), 'Popen': popen}),
    )
    monkeypatch.setattr(steps, 'say', stop)
    monkeypatch.setattr(steps, 'HEARTBEAT_S', 0.05)
    code = 'import time; time.sleep(60)'
    with pytest.raises(KeyboardInterrupt):
        steps.call([sys.executable, '-c', code], tmp_path / 'x.log')
    assert started[0].poll() is not None


def test_environment__without_leaks(steps, monkeypatch):
    monkeypatch.setenv('PYTHONPATH', 'x')
    monkeypatch.setenv('PIP_TARGET', 'y')
    monkeypatch.setenv('KEEP', 'z')
    env = steps.clean_environment({'MORE': '1'})
    assert 'PYTHONPATH' not in env
    assert 'PIP_TARGET' not in env
    assert (env['KEEP'], env['MORE']) == ('z', '1')


@pytest.mark.parametrize(
    ('seconds', 'text'),
    [(0.4, '0 s'), (59, '59 s'), (60, '1 min 00 s'), (425, '7 min 05 s')],
)
def test_duration__text(steps, seconds, text):
    assert steps.duration(seconds) == text
