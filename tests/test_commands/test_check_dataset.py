"""``mmssl check``: exit statuses and messages."""

import pytest
from mmengine.config import Config

from mmssl.cli import run_command
from mmssl.testing.toy_images import make_toy_images
from mmssl.testing.toy_people import make_toy_people
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


def test_check__folder_of_images(tmp_path, capsys, monkeypatch):
    make_toy_images(tmp_path / 'my.photos', 3, (24, 32))
    monkeypatch.chdir(tmp_path)
    assert run_command('check', ['my.photos', '--workers=1', '--fast']) == 0
    report = 'work_dirs/my.photos/check_dataset.tsv'
    assert capsys.readouterr().out.splitlines()[1:] == [
        'train  3 images',
        '',
        f'nothing is bad; report: {report}',
    ]
    (tmp_path / 'my.photos' / '0001.jpg').write_bytes(b'')
    words = ['my.photos', '--workers=1', '--write-clean=clean.txt']
    assert run_command('check', words) == 1
    clean = (tmp_path / 'clean.txt').read_text()
    assert clean == '0000.jpg\n0002.jpg\n'


def test_check__folder_without_images(tmp_path, capsys):
    (tmp_path / 'a.mp4').touch()
    assert run_command('check', [str(tmp_path)]) == 1
    assert '1 .mp4, no image: a.mp4' in capsys.readouterr().err


def test_check__names_of_a_list_below_a_folder(tmp_path, capsys):
    """As those of LUPerson; others of the folder are not looked at."""
    people = make_toy_people(tmp_path, n=4, size=(48, 24)) / 'images'
    names = tmp_path / 'names.txt'
    names.write_text('0003.jpg\n0001.jpg\n0002.jpg\n')
    (people / '0000.jpg').write_bytes(b'')
    words = [str(people), f'--list={names}', '--workers=1']
    words.append(f'--report={tmp_path}/r.tsv')
    assert run_command('check', words) == 0
    assert 'train  3 lines' in capsys.readouterr().out
    (people / '0001.jpg').write_bytes(b'')
    assert run_command('check', [*words, '--first=1']) == 0
    assert 'train  1 lines' in capsys.readouterr().out
    clean = tmp_path / 'clean.txt'
    assert run_command('check', [*words, f'--write-clean={clean}']) == 1
    told = capsys.readouterr().out
    assert f'0001.jpg: not a readable image (0 bytes) (from {names}, ' in told
    assert clean.read_text() == '0003.jpg\n0002.jpg\n'


def test_check__a_list_is_for_a_folder(config, capsys):
    assert run_command('check', [str(config), '--first=2']) == 1
    assert 'are for a folder of images' in capsys.readouterr().err
