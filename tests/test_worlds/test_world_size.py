"""The size that is foretold against the size that is written."""

import pytest

from mmssl.worlds.layout import PARTS
from mmssl.worlds.world_settings import settings_of
from mmssl.worlds.world_size import expected_bytes


@pytest.mark.parametrize('part', PARTS)
def test_expected_bytes__enough_but_not_much_more(
    part, tiny_world, tiny_settings
):
    written = sum(
        path.stat().st_size
        for name in PARTS[part]
        for path in (tiny_world / name).rglob('*')
        if path.is_file()
    )
    expected = expected_bytes(tiny_settings, part)
    assert written <= expected < 8 * written


def test_expected_bytes__of_the_large_preset():
    """Flow is most of it: 8 bytes by pixel, there and back."""
    settings = settings_of('full')
    sizes = {part: expected_bytes(settings, part) for part in PARTS}
    assert max(sizes, key=sizes.get) == 'flow'
    assert 2200 * 160 * 160 * 16 < sizes['flow'] < 2200 * 160 * 160 * 20
