import importlib
import sys
from pathlib import Path

import pytest

DEV = Path(__file__).resolve().parents[3] / 'tools' / 'dev'


@pytest.fixture
def dev(monkeypatch):
    """Import modules of tools/dev by name, for one test."""
    names = [path.stem for path in DEV.glob('*.py')]
    monkeypatch.syspath_prepend(DEV)
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield importlib.import_module
    for name in names:
        sys.modules.pop(name, None)


@pytest.fixture
def installed(tmp_path):
    """A function that pretends packages are installed in ``tmp_path``."""
    packages = tmp_path / 'env' / 'lib' / 'python3.11' / 'site-packages'
    packages.mkdir(parents=True)

    def pretend(name, version):
        folder = packages / f'{name}-{version}.dist-info'
        folder.mkdir()
        (folder / 'METADATA').write_text(
            f'Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n'
        )

    pretend.folder = tmp_path / 'env'
    return pretend
