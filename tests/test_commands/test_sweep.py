"""The command line of mmssl sweep, on commands that really run."""

import csv

import pytest
from PIL import Image

from mmssl.cli import run_command
from mmssl.testing.toy_images import make_toy_images

KEY = 'model.backbone.semantic_weight'
# A small linear evaluation; its backbone follows lambda.
CONFIG = """\
_base_ = 'mmssl::probes/linear_r18_1xb32-40e_folder.py'
model = dict(
    backbone=dict(
        type='SemanticResNet', init_cfg=None, base_channels=8, stem_channels=8
    ),
    head=dict(num_classes=2, in_channels=64),
)
for loader in (
    _base_.train_dataloader, _base_.val_dataloader, _base_.test_dataloader
):
    loader.update(batch_size=16, num_workers=0, persistent_workers=False)
    loader.dataset.data_root = {root!r}
del loader
optim_wrapper = dict(optimizer=dict(lr=0.5))
train_cfg = dict(max_epochs=2)
param_scheduler = [dict(_base_.param_scheduler[0], warmup=1, end=2)]
"""


def sweep(*words):
    return run_command('sweep', [str(word) for word in words])


def yolo(folder):
    return f"yolo '{folder}/{{value}}' '{folder}/images' {{run}}/found.json"


@pytest.fixture
def labels(tmp_path):
    """Two folders of labels for one folder of images."""
    make_toy_images(tmp_path / 'images', n=2, size=(20, 20))
    for name in ('a', 'b'):
        (tmp_path / name).mkdir()
        (tmp_path / name / '0000.txt').write_text('0 0.5 0.5 0.5 0.5\n')
    return tmp_path


def test_sweep__dry_run_shows_commands(labels, capsys):
    words = ['--key', 'k', '--values', 'a', 'b', '--run', yolo(labels)]
    assert sweep(*words, '--out', labels / 'out', '--dry-run') == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == 'k=a: open'
    assert lines[1].endswith('/out/runs/k=a/found.json')
    assert lines[1].lstrip().startswith('mmssl yolo ')
    assert not (labels / 'out').exists()


@pytest.mark.slow
def test_sweep__failed_runs_are_named_then_tried_again(labels, capsys):
    out = labels / 'out'
    words = ['--key', 'k', '--values', 'a', 'c', '--run', yolo(labels)]
    words += ['--out', out, '--retries', 0]
    assert sweep(*words) == 1
    told = capsys.readouterr()
    assert '1 of 2 runs failed: k=c; why stands in results.md' in told.err
    assert 'error: ' in (out / 'results.md').read_text()
    before = (out / 'runs/k=a/run.json').stat().st_mtime_ns
    (labels / 'b').rename(labels / 'c')
    assert sweep(*words) == 0
    assert '1 of 2 runs are done' in capsys.readouterr().out
    assert (out / 'runs/k=a/run.json').stat().st_mtime_ns == before
    assert Image.open(out / 'results.png').size[0] > 300
    # plots alone, beside another sweep
    (out / 'results.png').unlink()
    other = labels / 'other'
    assert sweep(*words[:-4], '--out', other, '--retries', 0) == 0
    assert sweep('--out', out, '--beside', other, '--metrics', '*id') == 0
    assert (out / 'results.png').is_file()


@pytest.mark.slow
def test_sweep__training_then_lambda_of_its_checkpoint(tmp_path, capsys):
    make_toy_images(tmp_path / 'data/train', n=16, size=(40, 40), classes=2)
    make_toy_images(tmp_path / 'data/val', n=16, size=(40, 40), classes=2)
    config = tmp_path / 'linear.py'
    config.write_text(CONFIG.format(root=str(tmp_path / 'data')))
    out = tmp_path / 'out'
    status = sweep(
        *(config, '--key', KEY, '--values', '0', '0.5', '--out', out),
        *('--run', 'train {config} --cfg-options {key}={value}'),
        *('--run', 'test {config} {checkpoint} --cfg-options {key}={value}'),
    )
    told = capsys.readouterr()
    assert status == 0, told.err
    # the last part may be left at its default
    assert f'the config leaves {KEY} at its default' in told.out
    with (out / 'results.csv').open() as file:
        rows = list(csv.DictReader(file))
    assert [row[KEY] for row in rows] == ['0', '0.5']
    for row in rows:
        # its own validation, and the test of its checkpoint, are the same
        assert row['accuracy/top1'] == row['test/accuracy/top1']
        assert 0 <= float(row['accuracy/top1']) <= 100
    configs = [
        next((out / 'runs' / f'semantic_weight={value}').rglob('config.py'))
        for value in ('0', '0.5')
    ]
    assert 'semantic_weight=0.5' in configs[1].read_text()
    assert 'semantic_weight=0.5' not in configs[0].read_text()


@pytest.mark.parametrize(
    ('words', 'message'),
    [
        (['--key', 'k', '--values', '1'], 'nothing to run'),
        (['--key', 'k'], '--key and --values are needed'),
        (['--out', 'nowhere'], 'nowhere is no folder of a sweep'),
        (
            ['nowhere.py', '--key', 'k', '--values', '1'],
            "no config 'nowhere.py'",
        ),
        (
            [
                'mmssl::scrl/scrl_r18_cpu-demo.py',
                '--key',
                'model.bakbone.depth',
            ]
            + ['--values', '18'],
            'no model.bakbone; did you mean backbone?',
        ),
        (
            ['--key', 'k', '--values', '1', '--run', 'yolo {value}']
            + ['--retries', '-1'],
            '--retries must be >= 0, got -1',
        ),
    ],
)
def test_sweep__users_mistakes(words, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert sweep(*words) == 1
    error = capsys.readouterr().err
    assert error.startswith('error: ')
    assert message in error
    assert not list(tmp_path.iterdir())
