import json
from pathlib import Path

import pytest
import torch
from torch import nn

from mmssl.checkpoints.export_file import write_checked
from mmssl.checkpoints.load_report import CheckpointMismatch

META = dict(layout='mm', architecture='a line')


def tensors(prefix='', size=2):
    return {
        f'{prefix}weight': torch.eye(size),
        f'{prefix}bias': torch.ones(size),
    }


def test_write_checked__two_targets_in_one_file(tmp_path):
    out = tmp_path / 'new' / 'both.pth'
    report = write_checked(
        out,
        {**tensors('backbone.'), **tensors('neck.', 3)},
        META,
        {'backbone.': nn.Linear(2, 2), 'neck.': nn.Linear(3, 3)},
    )
    assert (report.share, len(report.matched)) == (1.0, 4)
    assert report.target.count('Linear') == 2
    written = torch.load(out, weights_only=True)
    assert torch.equal(written['state_dict']['neck.weight'], torch.eye(3))
    sidecar = json.loads((tmp_path / 'new' / 'both.pth.json').read_text())
    assert sidecar['report']['matched'] == list(report.matched)


def test_write_checked__a_target_that_is_not_installed(tmp_path):
    whole = {**tensors('backbone.'), **tensors('neck.', 3)}
    report = write_checked(
        tmp_path / 'a.pth',
        whole,
        META,
        {'backbone.': nn.Linear(2, 2), 'neck.': None},
    )
    assert (len(report.matched), report.unexpected) == (2, ())
    assert write_checked(tmp_path / 'a.pth', whole, META, {'': None}) is None


def test_write_checked__a_misfit_leaves_nothing(tmp_path):
    out = tmp_path / 'a.pth'
    both = {**tensors('backbone.'), **tensors('neck.')}
    targets = {'backbone.': nn.Linear(2, 2), 'neck.': nn.Linear(3, 3)}
    with pytest.raises(CheckpointMismatch, match=r'neck\.weight \(2, 2\)'):
        write_checked(out, both, META, targets)
    targets['neck.'] = nn.Linear(2, 2, bias=False)
    with pytest.raises(CheckpointMismatch, match='no place for some'):
        write_checked(out, both, META, targets)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path('/proc').is_dir(), reason='no /proc')
@pytest.mark.parametrize('layout', ['mm', 'torchvision'])
def test_write_checked__where_nothing_can_be_written(layout):
    with pytest.raises(OSError, match='/proc/'):  # torch: RuntimeError
        write_checked(Path('/proc/x.pth'), {}, dict(layout=layout), {})
