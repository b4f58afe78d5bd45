"""A broken file is never chosen, and always named."""

from __future__ import annotations

import os
import warnings

import pytest
import torch

from mmssl.checkpoints.latest import latest_checkpoint, why_unusable
from mmssl.checkpoints.pickle_globals import CheckpointError


def write(file, iteration=1, **more):
    file.parent.mkdir(exist_ok=True)
    torch.save(
        dict(
            meta=dict(epoch=0, iter=iteration),
            state_dict={'a': torch.arange(1000.0)},
            message_hub={},
            **more,
        ),
        file,
    )
    return file


@pytest.fixture
def run(tmp_path):
    """A work dir with three checkpoints, the last one named."""
    folder = tmp_path / 'run'
    for iteration in (90, 100, 110):
        write(folder / f'iter_{iteration}.pth', iteration)
    write(folder / 'best_acc_iter_200.pth')
    (folder / 'last_checkpoint').write_text(str(folder / 'iter_110.pth'))
    return folder


def cut(file):
    """As mmengine leaves it when the disk is full."""
    file.write_bytes(file.read_bytes()[:-700])


def flip(file):
    """One wrong bit in a tensor; the table of contents is whole."""
    data = bytearray(file.read_bytes())
    place = data.index(torch.arange(500.0, 510.0).numpy().tobytes())
    data[place] ^= 1
    file.write_bytes(data)


def empty(file):
    file.write_bytes(b'')


def hostile(file):
    class Hostile:
        def __reduce__(self):
            return os.system, (f'touch {file.parent}/marker',)

    write(file, optimizer=Hostile())


def test_good_ones__the_named_one_without_a_warning(run):
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        assert latest_checkpoint(run) == run / 'iter_110.pth'
        (run / 'last_checkpoint').write_text(str(run / 'iter_90.pth'))
        assert latest_checkpoint(run) == run / 'iter_90.pth'


@pytest.mark.parametrize('damage', [cut, flip, empty, hostile])
def test_broken__the_newest_good_one_and_a_warning(run, damage):
    damage(run / 'iter_110.pth')
    with pytest.warns(UserWarning, match=r'iter_110\.pth is passed over'):
        assert latest_checkpoint(run) == run / 'iter_100.pth'
    damage(run / 'iter_100.pth')
    with pytest.warns(UserWarning, match=r'iter_100\.pth is passed over'):
        assert latest_checkpoint(run) == run / 'iter_90.pth'
    damage(run / 'iter_90.pth')
    damage(run / 'best_acc_iter_200.pth')
    with pytest.raises(CheckpointError, match=r'(?s)90\.pth: .*another one'):
        latest_checkpoint(run)
    assert not (run / 'marker').exists()


def test_pointer__moved_missing_wrong_or_empty(run, tmp_path):
    moved = tmp_path / 'moved'
    run.rename(moved)
    assert latest_checkpoint(moved) == moved / 'iter_110.pth'
    for text in ('/elsewhere/iter_7.pth', '', '\0'):
        (moved / 'last_checkpoint').write_text(text)
        with pytest.warns(UserWarning, match='is not there'):
            assert latest_checkpoint(moved) == moved / 'iter_110.pth'
    (moved / 'last_checkpoint').unlink()
    assert latest_checkpoint(moved) == moved / 'iter_110.pth'


def test_other_folder__of_the_checkpoints(run, tmp_path):
    """``out_dir`` of the hook: checkpoints lie outside of the work dir."""
    (tmp_path / 'logs').mkdir()
    pointer = tmp_path / 'logs' / 'last_checkpoint'
    pointer.write_text(str(run / 'iter_110.pth'))
    assert latest_checkpoint(tmp_path / 'logs') == run / 'iter_110.pth'
    cut(run / 'iter_110.pth')
    with pytest.warns(UserWarning, match='passed over'):
        assert latest_checkpoint(tmp_path / 'logs') == run / 'iter_100.pth'


def test_nothing__is_none(tmp_path):
    assert latest_checkpoint(tmp_path) is None
    assert latest_checkpoint(tmp_path / 'gone') is None
    # half a file of a killed run has another name until it is whole
    (tmp_path / '.iter_10.pth.host-1.mmssl-tmp').write_bytes(b'PK')
    assert latest_checkpoint(tmp_path) is None


def test_names__epochs_and_iterations_by_number(tmp_path):
    for epoch in (9, 10):
        write(tmp_path / f'epoch_{epoch}.pth')
    assert latest_checkpoint(tmp_path).name == 'epoch_10.pth'


def test_other_files__say_what_they_lack(tmp_path):
    torch.save({'a': torch.ones(1)}, tmp_path / 'weights.pth')
    problem = why_unusable(tmp_path / 'weights.pth')
    assert problem.startswith('it has no state_dict, message_hub, epoch, iter')
    torch.save([1], tmp_path / 'list.pth')
    assert 'it has no' in why_unusable(tmp_path / 'list.pth')
    assert why_unusable(write(tmp_path / 'a.pth')) is None
