"""Every part of a world has its writer, and every writer keeps the rules."""

import pytest

from mmssl.worlds.layout import PARTS
from mmssl.worlds.parts.all_parts import PART_WRITERS


def files_below(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob('*'))
        if path.is_file()
    }


def test_part_writers__are_the_parts():
    assert list(PART_WRITERS) == list(PARTS)


@pytest.mark.parametrize('part', PARTS)
def test_part_writers__items_are_unique_and_cost(part, tiny_settings):
    items = PART_WRITERS[part].items(tiny_settings)
    assert len(set(items)) == len(items) > 1
    assert PART_WRITERS[part].cost(tiny_settings) > 0


@pytest.mark.parametrize('part', PARTS)
def test_part_writers__an_item_depends_on_itself_only(
    part, tiny_settings, tiny_world, tmp_path
):
    """The last item made alone is as it is in the whole world."""
    writer = PART_WRITERS[part]
    item = writer.items(tiny_settings)[-1]
    first = writer.make(tiny_settings, item, str(tmp_path / 'a'))
    again = writer.make(tiny_settings, item, str(tmp_path / 'b'))
    assert first == again
    made = files_below(tmp_path / 'a')
    assert made == files_below(tmp_path / 'b')
    assert made
    whole = files_below(tiny_world)
    assert {name: whole[name] for name in made} == made
    folders = {name.split('/')[0] for name in made}
    assert folders <= set(PARTS[part])
