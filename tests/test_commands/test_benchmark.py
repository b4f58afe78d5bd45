"""The benchmark as a user calls it."""

import json
import shlex
import sys
from pathlib import Path

import pytest
import torch
import torchvision

from mmssl.benchmark import run as run_module
from mmssl.cli import run_command
from mmssl.commands import benchmark
from mmssl.downstream import identity, tasks
from mmssl.downstream.job_spec import JobSpec

# What a job would write, without training.
PROGRAM = """
import json, pathlib, sys
spec = json.loads(pathlib.Path(sys.argv[-1]).read_text())
if spec['seed'] == 7:
    sys.exit('error: seven is no good')
backbone, value = spec['backbone'], 20.0 + spec['seed']
value += 10 * (backbone['file'] is not None)
result = dict(
    task=spec['task'], backbone=backbone['name'], seed=spec['seed'],
    metric=spec['metric'], value=value, metrics={}, versions={},
    load=dict(matched=1, total=1), seconds=dict(train=1.0),
    identity=json.dumps(spec['cfg_options']))
pathlib.Path(spec['work_dir'], 'result.json').write_text(json.dumps(result))
"""


@pytest.fixture
def call(tmp_path, monkeypatch):
    """Return a caller of the command, in a folder with a checkpoint."""
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    net = torchvision.models.resnet18(weights=None)
    torch.save(net.state_dict(), 'mine.pth')
    Path('fake_job.py').write_text(PROGRAM)
    program = (sys.executable, '-S', str(tmp_path / 'fake_job.py'))
    monkeypatch.setattr(
        identity, 'job_identity', lambda spec: json.dumps(spec.cfg_options)
    )
    original = run_module.run_benchmark
    monkeypatch.setattr(
        run_module,
        'run_benchmark',
        lambda *args, **more: original(*args, program=program, **more),
    )

    def called(text):
        return run_command('benchmark', shlex.split(text))

    return called


def test_command__from_checkpoint_to_table_and_on(call, capsys):
    text = 'mine.pth --random --tasks parsing --out out --jobs 2 --seeds '
    assert call(f'{text} 7 0') == 1
    told = capsys.readouterr()
    assert 'mine (student): ' in told.out
    assert '120 matched (100.0 %)' in told.out
    assert '| random | 20.00 [1 of 2 seeds] |' in told.out
    assert '| mine | 30.00 (+10.00) [1 of 2 seeds] |' in told.out
    assert '2 of 4 jobs failed: parsing, random ResNet-18, seed 7' in told.err
    assert 'seven is no good' in told.out
    for name in ('md', 'csv', 'json', 'png'):
        assert Path(f'out/results.{name}').stat().st_size
    spec = JobSpec.read('out/jobs/parsing/random_ResNet-18/seed_0/job.json')
    assert spec.backbone.config == dict(type='ResNet', depth=18)
    assert spec.device == 'cpu'
    # more seeds: what is there is kept
    kept = Path('out/jobs/parsing/mine/seed_0/result.json')
    before = kept.stat().st_mtime_ns
    assert call(f'{text} 2') == 0
    told = capsys.readouterr().out
    assert '2 of 4 jobs are done' in told
    assert '| mine | 30.50 ± 0.71 (+10.00) [2 of 3 seeds] |' in told
    assert kept.stat().st_mtime_ns == before
    # the table alone
    assert call('--out out') == 0
    assert '| mine | 30.50 ± 0.71' in capsys.readouterr().out
    assert call(f'{text} 2 --cfg-options train_cfg.max_iters=3') == 1
    assert 'results came of other settings' in capsys.readouterr().err


def test_command__jobs_that_would_run(call, capsys):
    config = 'mmssl::puppets/mmseg/parsing_fpn_r18_puppets.py'
    text = f'a=mine.pth random --config {config} --metric aAcc --seeds 1'
    assert call(f'{text} --out out --dry-run') == 0
    lines = capsys.readouterr().out.splitlines()[-2:]
    assert lines == [
        'parsing_fpn_r18_puppets, random ResNet-18, seed 0: open',
        'parsing_fpn_r18_puppets, a, seed 0: open',
    ]


def test_command__tasks_of_several_lambdas_take_turns(call, capsys):
    text = 'a=mine.pth --world downstream --tasks pose segmentation'
    assert call(f'{text} --seeds 2 --out out --dry-run') == 0
    assert capsys.readouterr().out.splitlines()[-4:] == [
        f'{task}, a, seed {seed}: open'
        for seed in (0, 1)
        for task in ('pose', 'segmentation')
    ]


def test_command__random_alone_is_of_the_tasks_own_architecture(call, capsys):
    assert call('random --tasks parsing --seeds 1 --out o --dry-run') == 0
    assert capsys.readouterr().out == 'parsing, random, seed 0: open\n'


def test_command__list(call, capsys):
    assert call('--list') == 0
    told = capsys.readouterr().out
    for name in tasks.DEFAULT:
        assert f'{name} ' in told
    assert 'mmssl::puppets/mmseg/parsing_fpn_r18_puppets.py' in told


@pytest.mark.parametrize(
    ('text', 'told'),
    [
        ('--out nothing', 'nothing holds no results yet: give a CHECKPOINT'),
        ('gone.pth', "there is no checkpoint 'gone.pth'"),
        ('random --tasks sewing', "there is no task 'sewing' of puppets"),
        ('random --metric AP', '--metric is for --config'),
        ('random --seeds 0', '--seeds must be 1 to 1000'),
        ('random --jobs 0', '--jobs must be >= 1, got 0'),
        ('random --jobs 1 --gpus 1', 'give --gpus or --jobs, not both'),
        ('mine.pth --arch vgg16', 'none of vgg16 has the names and shapes'),
        ('mine.pth --part teacher', "prefix 'teacher.backbone.'"),
        ('mine.pth=mine.pth mine.pth=mine.pth', 'two backbones are called'),
    ],
)
def test_command__mistakes(call, capsys, text, told):
    assert call(text) == 1
    assert told in capsys.readouterr().err


def test_command__no_gpu_here(call, capsys, monkeypatch):
    monkeypatch.setattr(torch.cuda, 'device_count', lambda: 0)
    assert call('random --tasks parsing --gpus 2') == 1
    assert 'torch finds no GPU' in capsys.readouterr().err


def test_slots__gpus_are_taken_where_there_are_some(monkeypatch):
    import argparse

    monkeypatch.setattr(torch.cuda, 'device_count', lambda: 3)
    monkeypatch.delenv('CUDA_VISIBLE_DEVICES', raising=False)
    parser = argparse.ArgumentParser()
    benchmark.add_arguments(parser)

    def slots(*words):
        found, device = benchmark._slots(parser.parse_args(words))
        return [slot.name for slot in found], device

    assert slots('random') == (['GPU 0', 'GPU 1', 'GPU 2'], 'cuda')
    assert slots('random', '--gpus', '2') == (['GPU 0', 'GPU 1'], 'cuda')
    assert slots('random', '--jobs', '2') == (['CPU 0', 'CPU 1'], 'cpu')
    names, device = slots('random', '--slurm', 'p', '--jobs', '3')
    assert (len(names), device) == (3, 'cuda')
    monkeypatch.setenv('SRUN_ARGS', '--qos=low --time=60')
    args = parser.parse_args(['random', '--slurm', 'p', '--gpus-per-job', '0'])
    found, device = benchmark._slots(args)
    assert (len(found), device) == (16, 'cpu')
    assert found[0].prefix[-2:] == ('--qos=low', '--time=60')
