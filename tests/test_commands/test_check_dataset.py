"""``mmssl check``: exit statuses and messages."""

import pytest
from mmengine.config import Config

from mmssl.cli import run_command
from mmssl.testing.toys import make_toy_flow_list


@pytest.fixture
def config(tmp_path):
    make_toy_flow_list(tmp_path, n=3, size=(32, 40))
    path = tmp_path / 'toy.py'
    dataset = dict(
        type='FlowPairDataset',
        data_root=str(tmp_path),
        ann_file=['train.txt'],
        pipeline=[dict(type='LoadImageRGB'), dict(type='LoadFlow')],
    )
    Config(dict(train_dataloader=dict(dataset=dataset))).dump(str(path))
    return path


def test_check__clean_data(config, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run_command('check', [str(config), '--workers', '1']) == 0
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [
        'split  checked',
        'train  3 lines',
        '',
        'nothing is bad; report: work_dirs/toy/check_dataset.tsv',
    ]
    assert 'lines 3/3 ' in shown.err
    report = tmp_path / 'work_dirs' / 'toy' / 'check_dataset.tsv'
    assert report.read_text() == 'file\tkind\treason\tlist\tline\n'


def test_check__bad_data_is_status_1_and_a_clean_list(
    config, tmp_path, capsys
):
    (tmp_path / 'train_001_x.jpg').write_bytes(b'')
    words = [str(config), '--split=train', '--fast', '--workers=1']
    words += [f'--report={tmp_path}/r.tsv', f'--write-clean={tmp_path}/c.txt']
    assert run_command('check', words) == 1
    shown = capsys.readouterr().out
    assert 'train_001_x.jpg: not a readable image (0 bytes) (from' in shown
    assert f'1 bad files; report: {tmp_path}/r.tsv' in shown
    assert f'without the lines of bad files: {tmp_path}/c.txt' in shown
    assert len((tmp_path / 'c.txt').read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ('words', 'message'),
    [
        (['--workers=0'], 'error: --workers must be >= 1, got 0'),
        (['--split=val'], 'error: the config has no data for val'),
        (['--write-clean=LIST'], 'is the list itself'),
        (
            ['--cfg-options', 'train_dataloader.dataset.ann_file=gone.txt'],
            'gone.txt: no such list file',
        ),
    ],
)
def test_check__mistakes_of_users(config, tmp_path, capsys, words, message):
    words = [w.replace('LIST', f'{tmp_path}/train.txt') for w in words]
    report = f'--report={tmp_path}/r.tsv'
    assert run_command('check', [str(config), report, *words]) == 1
    assert message in capsys.readouterr().err
