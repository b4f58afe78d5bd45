import sys

import pytest

from mmssl.testing.environments import (
    PARTS,
    copy_sources,
    make_environment,
    run_clean,
)


def test_copy_sources__leaves_out_what_builds_leave(tmp_path):
    root, copy = tmp_path / 'root', tmp_path / 'copy'
    for name in ('mmssl/a.py', 'mmssl/.mim/x.py', 'tools/__pycache__/y.pyc'):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text('')
    (root / 'setup.py').write_text('1')
    (root / 'other.txt').write_text('2')
    copy.mkdir()
    copy_sources(root, copy)
    found = {p.relative_to(copy).as_posix() for p in copy.rglob('*')}
    assert found == {'setup.py', 'mmssl', 'mmssl/a.py', 'tools'}
    assert 'setup.py' in PARTS


def test_make_environment__sees_the_packages_in_order(tmp_path):
    for name, value in (('first', 1), ('second', 2)):
        (tmp_path / name).mkdir()
        (tmp_path / name / 'seen.py').write_text(f'value = {value}\n')
        (tmp_path / name / 'hook.pth').write_text('import no_such_module\n')
    (tmp_path / 'second' / 'more.py').write_text('value = 3\n')
    below = [tmp_path / 'first', tmp_path / 'second']
    python = make_environment(tmp_path / 'env', below)
    code = 'import seen, more, sys; print(seen.value, more.value, sys.prefix)'
    told = run_clean(python, '-c', code)
    assert told.split() == ['1', '3', str(tmp_path / 'env')]


def test_run_clean__no_pythonpath_and_errors_are_told(tmp_path, monkeypatch):
    monkeypatch.setenv('PYTHONPATH', str(tmp_path))
    code = 'import os; print(os.environ.get("PYTHONPATH"), os.getcwd())'
    told = run_clean(sys.executable, '-c', code, cwd=tmp_path)
    assert told.split() == ['None', str(tmp_path)]
    with pytest.raises(RuntimeError, match='ended with 3:\nsome reason'):
        run_clean(
            sys.executable,
            '-c',
            'import sys; print("some reason"); sys.exit(3)',
        )
