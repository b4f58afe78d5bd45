"""Workers make the items of a unit and keep their records."""

from mmssl.worlds.parts.all_parts import PART_WRITERS
from mmssl.worlds.staging import UNIT, Stage
from mmssl.worlds.unit_handler import UnitHandler, UnitTask


def test_unit_handler__makes_its_items_and_no_others(tmp_path, tiny_settings):
    items = PART_WRITERS['people'].items(tiny_settings)
    assert len(items) == 2 * UNIT
    handler = UnitHandler(str(tmp_path), tiny_settings)
    assert handler(UnitTask('people', 1)) == UNIT
    stage = Stage(str(tmp_path), 'people')
    assert stage.read(0) is None
    assert stage.read(1) == [{}] * UNIT
    made = {
        path.relative_to(stage.folder / 'people').with_suffix('').as_posix()
        for path in (stage.folder / 'people').rglob('*.jpg')
    }
    expected = {f'{item.split}/{item.number:06d}' for item in items[UNIT:]}
    assert made == expected


def test_unit_handler__the_last_unit_may_be_short(tmp_path, tiny_settings):
    items = PART_WRITERS['flow'].items(tiny_settings)
    handler = UnitHandler(str(tmp_path), tiny_settings)
    assert handler(UnitTask('flow', 0)) == len(items) < UNIT
