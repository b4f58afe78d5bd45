"""What a world's folder says of itself."""

import json

import pytest

from mmssl.worlds.layout import (
    PARTS,
    WorldFile,
    check_world,
    chosen_parts,
    differences,
    read_world,
    write_world,
)
from mmssl.worlds.world_settings import settings_of


@pytest.fixture
def world(tmp_path):
    """A folder with two of the parts."""
    world = WorldFile(settings_of('tiny').to_json())
    for part in ('scenes', 'flow'):
        world.parts[part] = dict(train=3)
        for name in PARTS[part]:
            (tmp_path / name).mkdir()
    write_world(tmp_path, world)
    return world


def test_chosen_parts__unknown():
    assert chosen_parts(None) == list(PARTS)
    with pytest.raises(ValueError, match="unknown part 'x', 'y'; valid: flow"):
        chosen_parts(['y', 'lip', 'x'])


def test_read_world__what_was_written(world, tmp_path):
    assert read_world(tmp_path) == world
    content = json.loads((tmp_path / 'world.json').read_text())
    assert list(content['parts']) == ['flow', 'scenes']
    assert content['missing'] == list(PARTS)[2:]


def test_read_world__there_is_none(tmp_path):
    assert read_world(tmp_path) is None
    assert read_world(tmp_path / 'no-such') is None
    (tmp_path / 'file').write_text('')
    assert read_world(tmp_path / 'file') is None


def test_read_world__parts_that_were_removed_are_missing(world, tmp_path):
    (tmp_path / 'frame_parts').rmdir()
    assert list(read_world(tmp_path).parts) == ['flow']


@pytest.mark.parametrize(
    'text', ['{', '[]', '{"world": "puppets"}', '{"a":1}']
)
def test_read_world__of_others(tmp_path, text):
    (tmp_path / 'world.json').write_text(text)
    with pytest.raises(ValueError, match='is not one that mmssl puppets wrot'):
        read_world(tmp_path)


@pytest.mark.parametrize('change', [dict(world='toys'), dict(format=99)])
def test_read_world__of_another_kind(world, tmp_path, change):
    path = tmp_path / 'world.json'
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(ValueError, match='choose another folder'):
        read_world(tmp_path)


def test_check_world__tells_what_is_missing(world, tmp_path):
    assert check_world(tmp_path, ['flow']) == world
    with pytest.raises(ValueError, match='half-written') as refused:
        check_world(tmp_path, ['lip', 'flow'])
    assert 'lip missing' in str(refused.value)
    assert str(refused.value).endswith(
        f'mmssl puppets {tmp_path} --preset tiny --seed 0'
    )
    with pytest.raises(ValueError, match='holds no puppets world: make it'):
        check_world(tmp_path / 'none')


def test_differences__name_what_differs(world):
    assert differences(world, settings_of('tiny')) == []
    assert differences(world, settings_of('tiny', 4)) == [
        'seed: 0 there, 4 now'
    ]
    (size,) = differences(world, settings_of('tiny', person_px=70))
    assert size == 'person_px: 64 there, 70 now'
