"""What every file of the repository has to keep to."""

import ast
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / 'mmssl'
MODULES = sorted(
    path for path in PACKAGE.rglob('*.py') if '.mim' not in path.parts
)
TOOLS = sorted((ROOT / 'tools').rglob('*.py'))
CONFIGS = sorted((ROOT / 'configs').rglob('*.py'))

MAX_LINES = 300
LONG_FILE_REASON = re.compile(r'^# Over 300 lines: \S', re.MULTILINE)
CORE_PACKAGES = {
    *('cv2', 'mmcv', 'mmengine', 'mmpretrain', 'mmssl'),
    *('numpy', 'scipy', 'torch', 'torchvision'),
    'PIL',  # required by torchvision
    'yaml',  # required by mmengine
}
NOT_IN_LITE = {'mmcv.ops', 'mmpretrain.models.multimodal'}
# Absolute paths that exist on one machine only.
MACHINE_PATH = re.compile(
    r'(?<![\w.~}/-])/(?:work|home|root|Users|mnt|scratch)/\w'
)
TEXT = {'.py', '.md', '.txt', '.yml', '.yaml', '.toml', '.sh', '.cfg', '.in'}


def relative(path):
    """Name of a test case: the path inside the repository."""
    return path.relative_to(ROOT).as_posix()


def tracked():
    """Text files that git knows."""
    listing = subprocess.run(
        ['git', 'ls-files', '-z'], cwd=ROOT, capture_output=True, check=False
    )
    if listing.returncode:
        pytest.skip('not a git checkout')
    names = listing.stdout.decode().split('\0')
    paths = (ROOT / name for name in names if name)
    return [p for p in paths if p.suffix in TEXT and p.is_file()]


def tree_of(path):
    return ast.parse(path.read_text('utf-8'), str(path))


# ---- tests mirror modules --------------------------------------------------


@pytest.mark.parametrize(
    'module',
    [p for p in MODULES if p.name not in ('__init__.py', 'version.py')],
    ids=relative,
)
def test_mirror__module_has_a_test_file(module):
    inside = module.relative_to(PACKAGE)
    folders = [f'test_{part}' for part in inside.parts[:-1]]
    mirror = ROOT.joinpath('tests', *folders, f'test_{inside.name}')
    assert mirror.is_file(), f'{relative(module)} needs {relative(mirror)}'
    assert 'def test_' in mirror.read_text('utf-8')


def test_mirror__no_packages_among_tests():
    """With __init__.py, importlib mode would import them another way."""
    assert not list((ROOT / 'tests').rglob('__init__.py'))


# ---- names -----------------------------------------------------------------


def test_names__of_configs_are_unique():
    """`mim train` looks a config up by its file name, in all folders."""
    leaves = [p for p in CONFIGS if '_base_' not in p.parts]
    names = Counter(path.name for path in leaves)
    twice = sorted(name for name, count in names.items() if count > 1)
    assert not twice
    others = {p.name for p in (*MODULES, *TOOLS)}
    others |= {p.name for p in CONFIGS if '_base_' in p.parts}
    assert not sorted(set(names) & others)


# ---- sizes -----------------------------------------------------------------


@pytest.mark.parametrize('path', [*MODULES, *TOOLS], ids=relative)
def test_size__of_files(path):
    text = path.read_text('utf-8')
    lines = len(text.splitlines())
    assert lines <= MAX_LINES or LONG_FILE_REASON.search(text), (
        f'{lines} lines: split the file, or say why not in a line that '
        'starts with "# Over 300 lines: "'
    )


# ---- imports ---------------------------------------------------------------


def module_level_imports(tree):
    """Names imported when the module itself is imported."""
    todo = list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ''
            yield base
            yield from (f'{base}.{alias.name}' for alias in node.names)
        elif isinstance(node, ast.If) and 'TYPE_CHECKING' in ast.unparse(
            node.test
        ):
            todo += node.orelse
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            todo += list(ast.iter_child_nodes(node))


@pytest.mark.skipif(sys.version_info < (3, 10), reason='no list of modules')
@pytest.mark.parametrize('module', MODULES, ids=relative)
def test_imports__core_needs_nothing_optional(module):
    """Optional packages are imported where they are used, by `require`."""
    names = set(module_level_imports(tree_of(module)))
    roots = {name.split('.')[0] for name in names}
    assert not roots - CORE_PACKAGES - sys.stdlib_module_names
    assert not names & NOT_IN_LITE


@pytest.mark.parametrize(
    'module',
    [p for p in MODULES if p.parent == PACKAGE / 'samplers'],
    ids=relative,
)
def test_imports__samplers_are_pure(module):
    """Maths on arrays: they know neither the registries nor mmengine."""
    names = set(module_level_imports(tree_of(module)))
    banned = ('mmssl.registry', 'mmengine', 'mmpretrain', 'mmcv')
    assert not [name for name in names if name.startswith(banned)]


# ---- statements ------------------------------------------------------------


@pytest.mark.parametrize('path', [*MODULES, *TOOLS], ids=relative)
def test_statements__none_that_are_banned(path):
    """No assert for users' mistakes, no shell strings, Python 3.9 only."""
    tree = ast.parse(path.read_text('utf-8'), feature_version=(3, 9))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            found.append(f'line {node.lineno}: assert')
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            words = {word.arg for word in node.keywords}
            if name == 'zip' and 'strict' in words:
                found.append(f'line {node.lineno}: zip(strict=)')
            if name in ('os.system', 'os.popen') or 'shell' in words:
                found.append(f'line {node.lineno}: a shell string')
            if name.endswith('.cuda'):
                found.append(f'line {node.lineno}: .cuda()')
    assert not found


@pytest.mark.parametrize('path', CONFIGS, ids=relative)
def test_statements__configs_parse_on_python_3_9(path):
    ast.parse(path.read_text('utf-8'), feature_version=(3, 9))


# ---- texts -----------------------------------------------------------------


def test_texts__no_paths_of_one_machine():
    found = [
        f'{relative(path)}:{number}: {line.strip()[:80]}'
        for path in tracked()
        if path != Path(__file__).resolve()
        for number, line in enumerate(path.read_text('utf-8').splitlines(), 1)
        if MACHINE_PATH.search(line)
    ]
    assert not found


def test_texts__no_large_files():
    """Data and pictures stay small enough for everybody's clone."""
    tracked()  # skips outside git
    names = subprocess.run(
        ['git', 'ls-files', '-z'], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    paths = [ROOT / name for name in names.split('\0') if name]
    sizes = {relative(p): p.stat().st_size for p in paths if p.is_file()}
    limit = 8_000_000
    assert not {k: v for k, v in sizes.items() if v > limit}
