import importlib.metadata
import importlib.util
import subprocess
import sys
from pathlib import Path

import mmpretrain
import pytest
from mmengine.config import Config

import mmssl
from mmssl.utils import host


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A package folder with configs beside it, as in a checkout."""
    package = tmp_path / 'mmssl'
    package.mkdir()
    add_config(tmp_path / 'configs', 'beside')
    monkeypatch.setattr(host, 'package_root', lambda: package)
    return tmp_path


def add_config(root, name):
    """Write a small config tree, a leaf with a base in another folder."""
    (root / '_base_').mkdir(parents=True)
    (root / 'cmp').mkdir()
    (root / '_base_' / 'model.py').write_text(
        f'model = dict(type="CMP", name={name!r}, head=dict(type="Head"))\n'
    )
    (root / 'cmp' / 'leaf.py').write_text(
        '_base_ = "../_base_/model.py"\nlr = 0.5\n'
    )


def load(folder, text):
    """Load a config of another project, written into ``folder``."""
    path = folder / 'elsewhere.py'
    path.write_text(text)
    return Config.fromfile(path)


# ---- where the configs are -------------------------------------------------


def test_package_root__is_the_package():
    assert host.package_root() == Path(mmssl.__file__).parent


def test_config_root__beside_the_package(checkout):
    assert host.config_root() == checkout / 'configs'


def test_config_root__inside_the_package_wins(checkout):
    add_config(checkout / 'mmssl' / '.mim' / 'configs', 'inside')
    assert host.config_root() == checkout / 'mmssl' / '.mim' / 'configs'


def test_config_root__nowhere(tmp_path, monkeypatch):
    monkeypatch.setattr(host, 'package_root', lambda: tmp_path / 'mmssl')
    with pytest.raises(FileNotFoundError, match=r'looked in .*\.mim.* and '):
        host.config_root()


def test_config_file__path(checkout):
    expected = str(checkout / 'configs' / 'cmp' / 'leaf.py')
    assert host.config_file('cmp/leaf.py') == expected


def test_config_file__names_close_ones(checkout):
    with pytest.raises(
        FileNotFoundError,
        match=r"no config 'cmp/leaf\.pi'; close names: cmp/leaf\.py$",
    ):
        host.config_file('cmp/leaf.pi')


def test_config_file__nothing_close(checkout):
    with pytest.raises(FileNotFoundError, match=r"'solo/xyz\.py'$"):
        host.config_file('solo/xyz.py')


# ---- mmssl:: in configs ----------------------------------------------------


def test_scheme__resolves_from_another_folder(checkout, tmp_path):
    cfg = load(tmp_path, '_base_ = "mmssl::cmp/leaf.py"\nlr = 0.25\n')
    assert cfg.lr == 0.25
    assert cfg.model.name == 'beside'
    # mmengine marks what comes from a base of another project.
    assert cfg.model._scope_ == 'mmssl'
    assert cfg.model.head.type == 'Head'


def test_scheme__among_several_bases(checkout, tmp_path):
    (tmp_path / 'local.py').write_text('local = 1\n')
    cfg = load(tmp_path, '_base_ = ["./local.py", "mmssl::cmp/leaf.py"]\n')
    assert (cfg.local, cfg.lr) == (1, 0.5)


def test_scheme__base_variables(checkout, tmp_path):
    cfg = load(
        tmp_path,
        '_base_ = "mmssl::cmp/leaf.py"\nhead = _base_.model.head\n'
        'rate = {{_base_.lr}}\n',
    )
    assert cfg.head.type == 'Head'
    assert cfg.rate == 0.5


def test_scheme__unknown_config(checkout, tmp_path):
    with pytest.raises(FileNotFoundError, match='mmssl has no config'):
        load(tmp_path, '_base_ = "mmssl::cmp/none.py"\n')


def test_scheme__others_go_the_hosts_way(tmp_path):
    cfg = load(
        tmp_path,
        '_base_ = "mmpretrain::byol/byol_resnet50_16xb256-coslr-200e_in1k.py"',
    )
    assert cfg.model.type == 'BYOL'
    with pytest.raises(AssertionError, match='does not support to load'):
        load(tmp_path, '_base_ = "nonsense::x/y.py"')


def test_register__is_idempotent():
    before = Config._get_cfg_path
    host.register_config_scheme()
    assert Config._get_cfg_path is before


def test_register__a_host_that_works_otherwise(monkeypatch):
    monkeypatch.delattr(Config, '_get_cfg_path')
    with pytest.warns(UserWarning, match="'mmssl::' will not work"):
        host.register_config_scheme()
    assert not hasattr(Config, '_get_cfg_path')


@pytest.mark.parametrize(
    'base',
    [
        '__import__("mmssl") and "mmssl::cmp/leaf.py"',
        '[__import__("mmssl") and "mmssl::cmp/leaf.py"]',
    ],
)
def test_scheme__base_that_imports_mmssl_itself(tmp_path, base):
    """The remedy for tools of other projects, which never import mmssl."""
    root = host.config_root()
    leaf = next(p for p in sorted((root / '_base_').rglob('*.py')))
    name = leaf.relative_to(root).as_posix()
    path = tmp_path / 'elsewhere.py'
    path.write_text(
        f'_base_ = {base}\nmine = 1\n'.replace('cmp/leaf.py', name)
    )
    code = (
        'import sys; from mmengine.config import Config; '
        f'cfg = Config.fromfile({str(path)!r}); '
        'print(cfg.mine, len(cfg) > 1, "mmssl" in sys.modules)'
    )
    assert run_python(code).stdout.split() == ['1', 'True', 'True']


def test_scheme__without_any_import_of_mmssl(tmp_path):
    """What happens without the remedy; if it ever works, docs can say so."""
    path = tmp_path / 'elsewhere.py'
    path.write_text('_base_ = "mmssl::cmp/leaf.py"\n')
    code = (
        f'from mmengine.config import Config; Config.fromfile({str(path)!r})'
    )
    with pytest.raises(subprocess.CalledProcessError) as caught:
        run_python(code)
    assert 'does not support to load mmssl config' in caught.value.stderr


# ---- pkg_resources ---------------------------------------------------------


@pytest.mark.parametrize(
    ('module', 'load'),
    [
        ('mmengine.config', 'Config.fromstring(f"_base_={name!r}", ".py")'),
        pytest.param(
            'mmengine.hub', 'get_config(name)', marks=pytest.mark.slow
        ),
    ],
)
def test_pkg_resources__missing(module, load):
    """Configs of other projects resolve without it."""
    code = (
        'import sys; sys.modules["pkg_resources"] = None\n'
        f'from {module} import *\n'
        'import mmssl\n'
        'name = "mmpretrain::byol/byol_resnet50_16xb256-coslr-200e_in1k.py"\n'
        f'print({load}.model.type)\n'
    )
    assert run_python(code).stdout.split() == ['BYOL']


def test_replace_pkg_resources__leaves_what_works(monkeypatch):
    import mmengine.utils

    before = mmengine.utils.is_installed
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: object())
    host.replace_pkg_resources()
    assert mmengine.utils.is_installed is before


def test_is_installed__distribution_module_or_nothing():
    assert host._is_installed('mmpretrain')
    assert host._is_installed('json')  # a module that no package brought
    assert not host._is_installed('no_such_package')


def test_installed_path__folder_of_the_module():
    expected = str(Path(mmpretrain.__file__).parent)
    assert host._installed_path('mmpretrain') == expected


def test_installed_path__package_with_another_name(monkeypatch):
    class Distribution:
        def read_text(self, name):
            return 'json\nother\n'

    monkeypatch.setattr(
        importlib.metadata, 'distribution', lambda name: Distribution()
    )
    import json

    assert host._installed_path('jason') == str(Path(json.__file__).parent)


def test_installed_path__nothing():
    with pytest.raises(ModuleNotFoundError, match='no_such_package is not'):
        host._installed_path('no_such_package')


def run_python(code):
    """Run code in a fresh interpreter; errors have its output."""
    return subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', code],
        capture_output=True,
        text=True,
        check=True,
    )
