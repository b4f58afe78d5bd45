"""What is installed by wheel, source distribution and editable install.

The installs are real: into environments of their own that see this one's
packages, from a copy of the repository, without a network.
"""

import json
import re
import shutil
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
import yaml

from mmssl.testing.environments import (
    copy_sources,
    make_environment,
    pip,
    run_clean,
)
from mmssl.testing.toys import make_toy_flow_list
from mmssl.utils.optional import EXTRAS
from mmssl.version import __version__

ROOT = Path(__file__).resolve().parents[1]


# ---- the files agree -------------------------------------------------------


def requirement_lines(name):
    text = (ROOT / 'requirements' / f'{name}.txt').read_text('utf-8')
    lines = [re.sub(r'(^|\s)#.*', '', x).strip() for x in text.splitlines()]
    return [line for line in lines if line]


def test_index__lists_every_metafile():
    index = yaml.safe_load((ROOT / 'model-index.yml').read_text('utf-8'))
    on_disk = (ROOT / 'configs').glob('*/metafile.yml')
    expected = sorted(p.relative_to(ROOT).as_posix() for p in on_disk)
    assert sorted(index['Import']) == expected


def test_index__of_datasets_is_a_mapping():
    text = (ROOT / 'dataset-index.yml').read_text('utf-8')
    assert yaml.safe_load(text) == {}


def test_lint__pre_commit_has_the_versions_of_the_tests():
    config = (ROOT / '.pre-commit-config.yaml').read_text('utf-8')
    revisions = {
        Path(repo['repo']).name: repo.get('rev', '').lstrip('v')
        for repo in yaml.safe_load(config)['repos']
    }
    pins = dict(
        re.match(r'([\w-]+)==([\w.]+)', line).groups()
        for line in requirement_lines('tests')
        if '==' in line
    )
    assert revisions['ruff-pre-commit'] == pins['ruff']
    assert revisions['codespell'] == pins['codespell']
    assert set(pins) == {'ruff', 'mypy', 'codespell'}


def test_runtime__core_only_and_no_upper_bounds():
    lines = requirement_lines('runtime')
    names = {re.match(r'[\w-]+', line)[0] for line in lines}
    assert names == {
        *('torch', 'torchvision', 'numpy', 'scipy', 'opencv-python'),
        *('mmengine', 'mmpretrain'),
        'setuptools',  # for its distutils, on Python 3.12
    }
    assert not [line for line in lines if '<' in line or '==' in line]


def test_extras__of_error_messages_exist():
    setup = (ROOT / 'setup.py').read_text('utf-8')
    names = re.search(r'^EXTRAS = \((.*)\)$', setup, re.MULTILINE)[1]
    assert set(EXTRAS.values()) < set(re.findall(r"'(\w+)'", names))


# ---- real installs ---------------------------------------------------------


@pytest.fixture(scope='module')
def source(tmp_path_factory):
    """A copy of what packaging reads, so that nothing is left in ours."""
    folder = tmp_path_factory.mktemp('source')
    copy_sources(ROOT, folder)
    return folder


@pytest.fixture(scope='module')
def wheel(source, tmp_path_factory):
    return build_wheel(source, tmp_path_factory.mktemp('wheel'))


@pytest.fixture(scope='module')
def sdist(source, tmp_path_factory):
    """The unpacked source distribution."""
    out = tmp_path_factory.mktemp('sdist')
    backend = (
        'import setuptools.build_meta as b, sys; b.build_sdist(sys.argv[1])'
    )
    run_clean(sys.executable, '-c', backend, out, cwd=source)
    (archive,) = out.glob('*.tar.gz')
    shutil.unpack_archive(archive, out)
    return out / archive.name[: -len('.tar.gz')]


def build_wheel(source, out):
    pip(sys.executable, 'wheel', '-w', out, source)
    (path,) = out.glob('*.whl')
    return path


def look(python, folder):
    """Ask an environment for mmssl, from a config in another folder."""
    leaf = sorted((ROOT / 'configs' / 'cmp').glob('*.py'))[0]
    folder.mkdir()
    config = folder / 'mine.py'
    config.write_text(f"_base_ = 'mmssl::cmp/{leaf.name}'\nmine = 7\n")
    code = f"""
import json, importlib.metadata
import mmssl
from mmengine.config import Config
from mmssl.utils.host import config_root
cfg = Config.fromfile({str(config)!r})
print(json.dumps(dict(
    version=importlib.metadata.version('mmssl'), package=mmssl.__file__,
    configs=str(config_root()), mine=cfg.mine, model=cfg.model.type)))
"""
    out = run_clean(python, '-W', 'ignore', '-c', code, cwd=folder)
    return json.loads(out.splitlines()[-1])


def expected_mim_files():
    """Names of the files below .mim, from the source tree."""
    files = {'model-index.yml', 'dataset-index.yml'}
    for top in ('configs', 'tools'):
        for path in (ROOT / top).rglob('*'):
            inside = path.relative_to(ROOT)
            skipped = {'__pycache__', 'dev'} & set(inside.parts)
            if path.is_file() and not skipped:
                files.add(inside.as_posix())
    return files


@pytest.mark.slow
def test_wheel__content(wheel, source):
    names = set(zipfile.ZipFile(wheel).namelist())
    prefix = 'mmssl/.mim/'
    mim = {n[len(prefix) :] for n in names if n.startswith(prefix)}
    assert mim == expected_mim_files()
    modules = {n for n in names if n.endswith('.py') and '.mim' not in n}
    package = (ROOT / 'mmssl').rglob('*.py')
    assert modules == {
        p.relative_to(ROOT).as_posix()
        for p in package
        if '.mim' not in p.parts
    }
    assert not (source / 'mmssl' / '.mim').exists()


@pytest.mark.slow
def test_wheel__scripts_stay_executable(wheel):
    archive = zipfile.ZipFile(wheel)
    scripts = [i for i in archive.infolist() if i.filename.endswith('.sh')]
    assert scripts
    for info in scripts:
        assert info.external_attr >> 16 & 0o111, info.filename


@pytest.mark.slow
def test_wheel__metadata(wheel):
    archive = zipfile.ZipFile(wheel)
    (name,) = (n for n in archive.namelist() if n.endswith('/METADATA'))
    text = archive.read(name).decode()
    assert f'\nVersion: {__version__}\n' in text
    assert '\nRequires-Python: >=3.9\n' in text
    assert re.search(r'^Home-page: https://', text, re.MULTILINE)
    needed = re.findall(
        r'^Requires-Dist: ([\w-]+)[^;\n]*$', text, re.MULTILINE
    )
    always = [x for x in requirement_lines('runtime') if ';' not in x]
    assert len(needed) == len(always)
    assert not [name for name in needed if name.startswith('mmcv')]


@pytest.mark.slow
def test_wheel__installed(wheel, tmp_path):
    python = make_environment(tmp_path / 'env')
    pip(python, 'install', str(wheel))
    seen = look(python, tmp_path / 'project')
    assert (seen['version'], seen['mine']) == (__version__, 7)
    assert seen['model'] == 'CMP'
    assert seen['package'].startswith(str(tmp_path / 'env'))
    assert seen['configs'].startswith(str(tmp_path / 'env'))


@pytest.mark.slow
def test_editable__installed(source, tmp_path):
    copy = tmp_path / 'checkout'
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns('build'))
    python = make_environment(tmp_path / 'env')
    pip(python, 'install', '-e', str(copy))
    seen = look(python, tmp_path / 'project')
    assert (seen['model'], seen['mine']) == ('CMP', 7)
    assert seen['package'] == str(copy / 'mmssl' / '__init__.py')
    assert seen['configs'] == str(copy / 'configs')
    assert not list((copy / 'mmssl').glob('.mim'))


@pytest.mark.slow
@pytest.mark.parametrize('editable', [False, True])
def test_command__without_pkg_resources(source, wheel, tmp_path, editable):
    """The console script of both kinds of installs, any setuptools."""
    below = tmp_path / 'below'  # all packages of this environment
    below.mkdir()
    for path in Path(sysconfig.get_paths()['purelib']).iterdir():
        (below / path.name).symlink_to(path)
    python = make_environment(tmp_path / 'env', [below])
    if editable:
        copy = tmp_path / 'checkout'
        shutil.copytree(source, copy, ignore=shutil.ignore_patterns('build'))
        pip(python, 'install', '-e', copy)
    else:
        pip(python, 'install', wheel)
    (below / 'pkg_resources').unlink(missing_ok=True)  # as setuptools 82
    code = 'import importlib.util as u; print(u.find_spec("pkg_resources"))'
    assert run_clean(python, '-c', code) == 'None\n'
    mmssl = python.parent / 'mmssl'
    assert run_clean(mmssl, '--version') == f'mmssl {__version__}\n'
    for name in ('train.txt', 'val.txt'):
        data = tmp_path / 'pairs'
        make_toy_flow_list(
            data, n=2, size=(128, 160), name=name, flow_format='flo'
        )
    options = [
        f'{split}_dataloader.{key}'
        for split in ('train', 'val', 'test')
        for key in (
            'dataset.data_root=pairs',
            'num_workers=0',
            'persistent_workers=False',
        )
    ]
    config = 'mmssl::cmp/cmp_r18_cpu-demo.py'
    # mmengine's training needs distutils, gone from Python 3.12
    if not editable or sys.version_info >= (3, 12):
        run_clean(
            *(mmssl, 'browse', config, '--number', '1', '--output', 'seen'),
            *('--cfg-options', *options),
            cwd=tmp_path,
        )
        assert (tmp_path / 'seen' / 'cmp_r18_cpu-demo_train.png').is_file()
        return
    run_clean(
        *(mmssl, 'train', config, '--work-dir', 'run', '--no-validate'),
        *('--cfg-options', *options, 'train_dataloader.batch_size=2'),
        *('train_cfg.max_iters=1', 'param_scheduler=[]'),
        cwd=tmp_path,
    )
    assert (tmp_path / 'run' / 'iter_1.pth').is_file()


@pytest.mark.slow
def test_sdist__gives_the_same_wheel(sdist, wheel, tmp_path):
    again = build_wheel(sdist, tmp_path)
    names = zipfile.ZipFile(wheel).namelist()
    assert sorted(zipfile.ZipFile(again).namelist()) == sorted(names)
