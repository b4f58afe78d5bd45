"""Where a part lies until it is whole."""

import pytest

from mmssl.worlds.layout import PARTS
from mmssl.worlds.staging import Stage


@pytest.fixture
def stage(tmp_path):
    """A stage with all folders of a part of three."""
    stage = Stage(str(tmp_path), 'scenes')
    for name in PARTS['scenes']:
        (stage.folder / name).mkdir(parents=True)
        (stage.folder / name / 'file').write_text(name)
    return stage


def test_read__units_are_there_once_written(stage):
    assert stage.read(0) is None
    stage.write(3, [dict(a=1)])
    assert stage.read(3) == [dict(a=1)]
    assert stage.read(0) is None
    (stage.folder / 'units' / '4.json').write_text('[{"a"')  # cut short
    assert stage.read(4) is None


def test_begin__keeps_what_the_same_program_made(stage):
    stage.begin('one')  # nobody said who made these
    assert stage.read(0) is None
    assert not (stage.folder / 'frames').exists()
    stage.write(0, [1])
    stage.begin('one')
    assert stage.read(0) == [1]
    stage.begin('two')
    assert stage.read(0) is None


def test_begin__what_is_being_placed_is_whole(stage):
    (stage.folder / 'placing').touch()
    stage.begin('two')
    assert (stage.folder / 'frames' / 'file').read_text() == 'frames'


def test_place__moves_all_folders(stage, tmp_path):
    assert stage.foreign() == []
    stage.place()
    for name in PARTS['scenes']:
        assert (tmp_path / name / 'file').read_text() == name
        assert not (stage.folder / name).exists()


def test_place__goes_on_where_it_was_killed(stage, tmp_path, monkeypatch):
    replace, calls = __import__('os').replace, []

    def killed(source, target):
        calls.append(source)
        if len(calls) == 2:
            raise KeyboardInterrupt
        replace(source, target)

    monkeypatch.setattr('mmssl.worlds.staging.os.replace', killed)
    with pytest.raises(KeyboardInterrupt):
        stage.place()
    assert (tmp_path / PARTS['scenes'][0]).is_dir()
    assert not (tmp_path / PARTS['scenes'][1]).exists()
    assert stage.placing
    assert stage.foreign() == []  # the first folder is ours
    stage.place()
    for name in PARTS['scenes']:
        assert (tmp_path / name / 'file').read_text() == name
    stage.remove()
    assert not stage.folder.exists()


def test_foreign__names_what_others_have_there(stage, tmp_path):
    (tmp_path / 'annotations').mkdir()
    assert stage.foreign() == [str(tmp_path / 'annotations')]
