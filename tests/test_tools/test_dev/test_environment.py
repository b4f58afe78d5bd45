import sys

import pytest


@pytest.fixture
def environment(dev):
    return dev('environment')


def test_requirement_names__of_all_kinds_of_lines(environment):
    text = (
        '# comment\n\ntorch>=2.1\nopencv-python<5; python_version < "3"\n'
        'mm.cv_x==1  # reason\n-r other.txt\n--index-url x\nnumpy\n'
    )
    assert environment.requirement_names(text) == [
        *('torch', 'opencv-python', 'mm.cv_x', 'numpy')
    ]


def test_normal_name__as_the_index_compares(environment):
    assert environment.normal_name('Json__Tricks.x') == 'json-tricks-x'


def test_versions__installed_and_missing(environment, installed):
    installed('Json_Tricks', '3.17')
    env = environment.Environment(installed.folder)
    text = 'json-tricks 3.17\nmunkres missing'
    assert env.versions('munkres', 'json.tricks') == text
    assert env.has('json-tricks')
    assert not env.has('munkres')


def test_versions__no_environment_yet(environment, tmp_path):
    env = environment.Environment(tmp_path / 'none')
    assert env.versions('torch') == 'torch missing'


def test_create__leaves_a_foreign_environment_alone(environment, tmp_path):
    (tmp_path / 'pyvenv.cfg').write_text('home = x')
    (tmp_path / 'precious').touch()
    env = environment.Environment(tmp_path)
    with pytest.raises(
        environment.SetupError, match=r'left alone.*MMSSL_VENV'
    ):
        env.create(tmp_path / 'x.log')
    assert (tmp_path / 'precious').exists()


def test_create__makes_it_anew_and_keeps_the_state(
    environment, tmp_path, monkeypatch
):
    calls = []
    monkeypatch.setattr(environment, 'call', lambda *args: calls.append(args))
    env = environment.Environment(tmp_path / 'env')
    (env.folder / 'lib' / 'old').mkdir(parents=True)
    (env.folder / 'link').symlink_to(tmp_path)
    env.state.mkdir()
    (env.state / 'torch.stamp').touch()
    env.create(tmp_path / 'x.log')
    assert [p.name for p in env.folder.iterdir()] == ['.mmssl-setup']
    assert (env.state / 'torch.stamp').exists()
    assert tmp_path.exists()  # the link went, not what it pointed to
    command = [sys.executable, '-m', 'venv', env.folder]
    assert calls == [(command, tmp_path / 'x.log')]


def test_create__again_after_a_kill(environment, tmp_path, monkeypatch):
    monkeypatch.setattr(environment, 'call', lambda *args: None)
    env = environment.Environment(tmp_path / 'env')
    env.create(tmp_path / 'x.log')
    (env.folder / 'pyvenv.cfg').touch()  # half of an environment
    env.create(tmp_path / 'x.log')
    assert not (env.folder / 'pyvenv.cfg').exists()


def test_lock__second_one_waits(environment, tmp_path, monkeypatch):
    """Said, then waited for: here the first ends when the second speaks."""
    env = environment.Environment(tmp_path / 'env')
    said = []
    with env.lock() as _:
        first = env.lock()

        def say(text):
            said.append(text)
            raise TimeoutError

        monkeypatch.setattr(environment, 'say', say)
        with pytest.raises(TimeoutError), first:
            pass
    assert 'another one works on' in said[0]
    with env.lock():  # free again
        assert len(said) == 1


def test_lock__is_kept_by_what_was_started(environment, dev, tmp_path):
    """A killed set-up may leave pip running: its lock must outlive it."""
    env = environment.Environment(tmp_path / 'env')
    code = (
        'import os; names = [os.path.realpath(f"/proc/self/fd/{n}") '
        'for n in os.listdir("/proc/self/fd")]; '
        f'raise SystemExit({str(env.state / "lock")!r} not in names)'
    )
    with env.lock():
        dev('steps').call([sys.executable, '-c', code], tmp_path / 'x.log')


def commands_of_install(environment, folder, monkeypatch, *errors):
    """What pip is asked for when its first calls fail with ``errors``."""
    calls, left = [], list(errors)

    def call(command, log, env):
        calls.append(command)
        if left:
            raise environment.SetupError(left.pop(0))

    monkeypatch.setattr(environment, 'call', call)
    environment.Environment(folder).install('torch', log=folder / 'x.log')
    return calls


def test_install__the_locked_versions(environment, tmp_path, monkeypatch):
    (command,) = commands_of_install(environment, tmp_path, monkeypatch)
    python = tmp_path / 'bin' / 'python'
    assert command[:4] == [python, '-m', 'pip', 'install']
    pins = ['-c', environment.CONSTRAINTS, '-c', environment.LOCKED]
    assert command[-5:] == [*pins, 'torch']


def test_install__the_pins_where_the_locked_cannot_be_had(
    environment, tmp_path, monkeypatch, capsys
):
    first, second = commands_of_install(
        environment, tmp_path, monkeypatch, 'x\n  | ERROR: no such version'
    )
    assert environment.LOCKED in first
    assert environment.LOCKED not in second
    assert second[-3:] == ['-c', environment.CONSTRAINTS, 'torch']
    assert '(ERROR: no such version)' in capsys.readouterr().out


def test_install__fails_in_the_end(environment, tmp_path, monkeypatch):
    with pytest.raises(environment.SetupError, match='second'):
        commands_of_install(
            environment, tmp_path, monkeypatch, 'first', 'second'
        )
