"""The command line of mmssl probe; test_apis/test_probe.py has the rest."""

import json

import pytest
import torch
import torchvision

from mmssl.cli import run_command
from mmssl.commands import probe
from mmssl.testing.toy_images import make_toy_images


@pytest.fixture
def checkpoint(tmp_path):
    torch.save(torchvision.models.resnet18().state_dict(), tmp_path / 'a.pth')
    return str(tmp_path / 'a.pth')


def test_probe__table_and_file(tmp_path, checkpoint, capsys):
    make_toy_images(tmp_path / 'data', n=8, size=(40, 40), classes=2)
    words = ['knn', checkpoint, '--data', str(tmp_path / 'data')]
    words += ['--size', '32', '--workers', '0', '-k', '3', '--val-share', '.5']
    assert (
        run_command('probe', [*words, '--out', str(tmp_path / 'b.json')]) == 0
    )
    lines = capsys.readouterr().out.splitlines()
    start = next(i for i, line in enumerate(lines) if 'backbone ' in line)
    assert lines[start + 1].split()[:2] == ['a.pth', '3-NN']
    assert lines[start + 3] == '4 labels, 2 classes'
    assert lines[-1] == f'wrote {tmp_path / "b.json"}'
    (row,) = json.loads((tmp_path / 'b.json').read_text())['rows']
    assert f'{row["top1"]:.2f}' == lines[start + 1].split()[2]
    gone = str(tmp_path / 'a.pth' / 'b.json')  # below a file
    assert run_command('probe', [*words, '--out', gone]) == 1
    shown = capsys.readouterr()
    assert shown.err.startswith(f'error: {gone} could not be written: ')
    assert '3-NN' in shown.out  # the table is not lost


def test_users_mistakes__one_line(tmp_path, checkpoint, capsys):
    data = str(tmp_path)
    for words, message in (
        (['linear', str(tmp_path / 'no.pth'), '--data', data], 'no checkpoi'),
        (['linear', checkpoint, '--data', '/no'], "no file or folder '/no'"),
        (['knn', checkpoint, '--data', data], 'error: '),
        (
            ['linear', checkpoint, '--data', data, '--part', 'teacher'],
            'has no teacher',
        ),
        (
            ['roi', checkpoint, '--data', str(tmp_path / 'bad.json')],
            'annotations, categories',
        ),
    ):
        (tmp_path / 'bad.json').write_text('{}')
        assert run_command('probe', words) == 1
        error = capsys.readouterr().err
        assert error.startswith('error: ')
        assert message in error
        assert len(error.strip().splitlines()) == 1
    with pytest.raises(SystemExit) as stop:
        run_command('probe', ['box', checkpoint, '--data', data])
    assert stop.value.code == 2


def test_options__are_fields_of_the_api():
    from mmssl.apis.probe import PROTOCOLS, ProbeOptions

    assert set(probe._OPTIONS) == set(ProbeOptions.__dataclass_fields__)
    assert PROTOCOLS == ('knn', 'linear', 'roi')
