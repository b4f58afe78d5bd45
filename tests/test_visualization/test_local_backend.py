"""A log on a disk that is full for a while."""

from __future__ import annotations

import contextlib
import json

import pytest
from mmengine.registry import VISBACKENDS, DefaultScope

from mmssl.visualization.local_backend import LocalVisBackend

resource = pytest.importorskip('resource')


@contextlib.contextmanager
def largest_file(size):
    """Let no file grow over a size, in bytes, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_scalars__lost_lines_leave_whole_ones(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(
        'mmssl.visualization.local_backend.print_log',
        lambda text, **options: told.append(text),
    )
    backend = LocalVisBackend(str(tmp_path))
    file = tmp_path / 'scalars.json'
    backend.add_scalars({'loss': 1.0}, 1)
    for step in (2, 3):
        with largest_file(file.stat().st_size + 5):
            backend.add_scalars({'loss': 2.0}, step)
    backend.add_scalars({'loss': 4.0}, 4)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert lines == [dict(loss=1.0, step=1), dict(loss=4.0, step=4)]
    assert len(told) == 1
    assert 'scalars.json could not be written: File too large' in told[0]


def test_name__is_the_one_that_configs_use():
    with DefaultScope.overwrite_default_scope('mmssl'):
        config = dict(type='LocalVisBackend', save_dir='x')
        assert type(VISBACKENDS.build(config)) is LocalVisBackend
