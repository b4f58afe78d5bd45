"""Worlds are whole, equal for equal seeds, and go on after a kill."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from mmssl.worlds.generation import generate_world
from mmssl.worlds.layout import MAKING, PARTS, check_world, read_world
from mmssl.worlds.parts.flow import FlowPart
from mmssl.worlds.world_settings import settings_of

TWO = ['flow', 'prw']


def files_of(folder, parts=PARTS):
    """Bytes of all files of some parts, by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for part in parts
        for name in PARTS[part]
        for path in sorted((folder / name).rglob('*'))
        if path.is_file()
    }


def test_generate_world__is_whole(tiny_world):
    world = check_world(tiny_world)
    assert list(world.parts) == list(PARTS)
    assert all(n > 0 for part in world.parts.values() for n in part.values())
    # nothing is left of the making but the lock
    assert os.listdir(tiny_world / MAKING) == ['.lock']
    names = [path.name for path in tiny_world.rglob('*')]
    assert not [name for name in names if 'partial' in name]


def test_generate_world__two_workers_give_the_same_bytes(
    tiny_world, tiny_settings, tmp_path
):
    report = generate_world(tmp_path, tiny_settings, TWO, workers=2)
    assert report.made == TWO
    assert files_of(tmp_path, TWO) == files_of(tiny_world, TWO)
    assert report.world.missing() == [p for p in PARTS if p not in TWO]
    assert 'not made yet: scenes, people' in report.text()


def test_generate_world__another_seed_is_another_world(tiny_world, tmp_path):
    generate_world(tmp_path, settings_of('tiny', 1), ['flow'], workers=0)
    first, second = (files_of(one, ['flow']) for one in (tiny_world, tmp_path))
    assert first.keys() == second.keys()
    same = [name for name in first if first[name] == second[name]]
    assert sorted(same) == sorted(
        f'flow/{name}' for name in ('train.txt', 'val.txt', 'summary.json')
    )


def test_generate_world__again_makes_nothing(tiny_world, tiny_settings):
    before = files_of(tiny_world)
    report = generate_world(tiny_world, tiny_settings, workers=0)
    assert (report.made, report.items) == ([], 0)
    assert report.kept == list(PARTS)
    assert files_of(tiny_world) == before


def test_generate_world__goes_on_where_it_stopped(
    tiny_world, tmp_path, monkeypatch
):
    """The second run draws only what the first had not finished."""
    settings = settings_of('tiny')
    make, calls = FlowPart.make, []

    def make_until(self, settings, item, stage):
        calls.append(item)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return make(self, settings, item, stage)

    monkeypatch.setattr('mmssl.worlds.world_run.UNIT', 2)
    monkeypatch.setattr('mmssl.worlds.unit_handler.UNIT', 2)
    monkeypatch.setattr(FlowPart, 'make', make_until)
    with pytest.raises(KeyboardInterrupt):
        generate_world(tmp_path, settings, ['flow'], workers=0)
    # half a world shows no part, and says so
    assert not (tmp_path / 'flow').exists()
    assert read_world(tmp_path).missing() == list(PARTS)
    monkeypatch.setattr(FlowPart, 'make', make)
    report = generate_world(tmp_path, settings, ['flow'], workers=0)
    assert (report.resumed, report.items) == (2, 3)
    assert '2 items are from an earlier run' in report.text()
    assert files_of(tmp_path, ['flow']) == files_of(tiny_world, ['flow'])


@pytest.mark.slow
def test_generate_world__killed_goes_on_to_equal_bytes(tiny_world, tmp_path):
    """SIGKILL in the midst, twice; the third run ends with the same bytes."""
    out = tmp_path / 'puppets'
    words = [sys.executable, '-m', 'mmssl', 'puppets', str(out), '--quiet']
    words += ['--preset', 'tiny', '--workers', '2']
    for parts in (0, 2):
        run = subprocess.Popen(words)
        # in the midst of a part, after so many others
        while not (
            list(out.glob(f'{MAKING}/*/units/*.json'))
            and len(read_world(out).parts) >= parts
        ):
            assert run.poll() is None, 'it ended before it was killed'
            time.sleep(0.005)
        run.send_signal(signal.SIGKILL)
        run.wait()
        assert read_world(out).missing()
    subprocess.run(words, check=True)
    check_world(out)
    assert files_of(out) == files_of(tiny_world)
    written = (out / 'world.json').read_bytes()
    assert written == (tiny_world / 'world.json').read_bytes()


def test_generate_world__a_part_that_was_removed_is_made_again(
    tiny_world, tiny_settings, tmp_path
):
    copy = tmp_path / 'copy'
    shutil.copytree(tiny_world, copy)
    shutil.rmtree(copy / 'lip')
    report = generate_world(copy, tiny_settings, workers=0)
    assert report.made == ['lip']
    assert files_of(copy) == files_of(tiny_world)


# ---- bad input -------------------------------------------------------------


def test_generate_world__another_world_is_there(tiny_world):
    with pytest.raises(ValueError, match='holds another world') as refused:
        generate_world(tiny_world, settings_of('tiny', 5), workers=0)
    assert 'seed: 0 there, 5 now' in str(refused.value)
    assert '--preset tiny --seed 0, or choose another' in str(refused.value)
    with pytest.raises(ValueError, match="preset: 'tiny' there, 'full' now"):
        generate_world(tiny_world, settings_of('full'), workers=0)


def test_generate_world__folders_of_others_stay(tmp_path, tiny_settings):
    (tmp_path / 'people').mkdir()
    (tmp_path / 'people' / 'mine.txt').write_text('mine')
    with pytest.raises(ValueError, match='people would be overwritten'):
        generate_world(tmp_path, tiny_settings, workers=0)
    assert (tmp_path / 'people' / 'mine.txt').read_text() == 'mine'
    assert not (tmp_path / 'world.json').exists()


def test_generate_world__unknown_part(tmp_path, tiny_settings):
    with pytest.raises(ValueError, match="unknown part 'faces'; valid: flow"):
        generate_world(tmp_path / 'new', tiny_settings, ['faces'])
    assert not (tmp_path / 'new').exists()


def test_generate_world__negative_workers(tmp_path, tiny_settings):
    with pytest.raises(ValueError, match='must not be negative, got -1'):
        generate_world(tmp_path, tiny_settings, workers=-1)


def test_generate_world__cannot_be_written(tmp_path, tiny_settings):
    (tmp_path / 'file').write_text('')
    with pytest.raises(OSError, match='file is a file, not a folder'):
        generate_world(tmp_path / 'file', tiny_settings)
    with pytest.raises(OSError, match='cannot write to the output folder'):
        generate_world(tmp_path / 'file' / 'below', tiny_settings)


def test_generate_world__disk_too_small(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=10**6)
    monkeypatch.setattr('shutil.disk_usage', lambda path: usage)
    with pytest.raises(OSError, match=r'about [\d,]+ MB .* 1 MB are free'):
        generate_world(tmp_path, settings_of('full'), workers=0)


def test_generate_world__what_fails_is_named(
    tmp_path, tiny_settings, monkeypatch
):
    def fails(self, settings, item, stage):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(FlowPart, 'make', fails)
    with pytest.raises(OSError, match=r'part flow, items from 0: .*No space'):
        generate_world(tmp_path, tiny_settings, ['flow'], workers=0)
