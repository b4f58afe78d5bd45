import importlib.metadata
import importlib.util
import subprocess
import sys
import warnings

import pytest

from mmssl.utils import versions


@pytest.mark.parametrize(
    ('version', 'numbers'),
    [
        ('2.11.0+cu130', (2, 11, 0)),
        ('1.26.4', (1, 26, 4)),
        ('0.10.7rc1', (0, 10, 7)),
        ('3', (3,)),
        ('unknown', ()),
    ],
)
def test_release__leading_numbers(version, numbers):
    assert versions._release(version) == numbers


@pytest.mark.parametrize(
    ('package', 'version', 'is_tested'),
    [
        ('torch', '2.1', True),
        ('torch', '2.1.0', True),
        ('torch', '2.11.0+cu130', True),
        ('torch', '2.0.1', False),
        ('torch', '2.12.0', False),
        ('torch', '2.9.0', True),  # numbers, not text: 9 < 11
        ('numpy', '2.5.5', True),
        ('numpy', '3.0', False),
        ('mmengine', '0.11.0rc0', False),
        ('mmcv', '2.1.0', True),
        ('mmcv-lite', '2.3.0', False),
        ('mmpretrain', '1.2.0', True),
    ],
)
def test_warn_untested__range(monkeypatch, package, version, is_tested):
    monkeypatch.setattr(
        versions, '_version', lambda name: version if name == package else ''
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        found = versions.warn_untested_versions()
    texts = [str(warning.message) for warning in caught]
    if is_tested:
        assert found == texts == []
    else:
        assert len(found) == len(texts) == 1
        low, high = versions._TESTED[package]
        expected = f'{package} {version} is outside the tested range'
        assert found[0] == f'{expected} >={low},<{high}'
        assert texts[0] == f'mmssl: {found[0]}; it may work'


def test_warn_untested__broken_metadata(monkeypatch):
    """A package without a version number is none of our business."""
    monkeypatch.setattr(importlib.metadata, 'version', lambda name: None)
    assert versions.warn_untested_versions() == []


def test_version__python():
    assert versions._version('python').startswith(
        f'{sys.version_info[0]}.{sys.version_info[1]}.'
    )


def test_versions__here_are_tested():
    """The pinned set-up must not warn about itself."""
    assert versions.warn_untested_versions() == []


# ---- mmcv ------------------------------------------------------------------


def test_missing_mmcv__says_what_to_install():
    code = (
        'import sys; sys.modules["mmcv"] = None\n'
        'import mmssl\n'
        'import mmssl.registry\n'
    )
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', code],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith('ImportError: mmssl needs mmcv or mmcv-lite')
    assert 'pip install "mmssl[lite]"' in last


def test_require_mmcv__either_kind(monkeypatch):
    versions.require_mmcv()
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
    with pytest.raises(ImportError, match='neither is installed') as caught:
        versions.require_mmcv()
    assert caught.value.name == 'mmcv'
