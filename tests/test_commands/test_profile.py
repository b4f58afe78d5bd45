"""The profile as a user calls it."""

from __future__ import annotations

import json
import shlex

import pytest

from mmssl.cli import run_command

DEMO = 'mmssl::cmp/cmp_r18_cpu-demo.py'
QUICK = '--synthetic --iterations 1 --warm-up 1 --samples 2 --batch-size 2'


def call(text):
    return run_command('profile', shlex.split(text))


@pytest.fixture
def config_of(monkeypatch):
    """The config and settings that arguments lead to."""
    from mmssl.engine.profiling import run

    def config_of(text):
        calls = []

        def profile(cfg, settings, **options):
            calls.append((cfg, settings, options))
            raise ValueError('stop here')

        monkeypatch.setattr(run, 'profile', profile)
        assert call(text) == 1
        return calls[0]

    return config_of


def test_arguments__arrive(config_of):
    cfg, settings, options = config_of(
        f'{DEMO} --batch-size 3 --workers 0 --iterations 7 --warm-up 2 '
        '--samples 9 --device cpu --threads 2 --precision bf16 '
        '--channels-last --accumulate 2 --cfg-options model.head.codec.fmax=9'
    )
    assert settings == (7, 2, 9, 'cpu')
    assert options == dict(name='cmp_r18_cpu-demo', synthetic=False, threads=2)
    loader = cfg.train_dataloader
    assert (loader.batch_size, loader.num_workers) == (3, 0)
    assert not loader.persistent_workers
    assert cfg.optim_wrapper.type == 'mmssl.Bf16OptimWrapper'
    assert cfg.optim_wrapper.accumulative_counts == 2
    assert cfg.speed == dict(channels_last=True)
    assert cfg.model.head.codec.fmax == 9


def test_arguments__the_published_sampler_too(config_of):
    name = 'mmssl::cmp/cmp_r50_16xb10-42k_yfcc.py'
    cfg, settings, options = config_of(f'{name} --batch-size 4 --synthetic')
    assert cfg.train_dataloader.sampler.batch_size == 4
    assert options['synthetic']
    assert settings.device in ('cpu', 'cuda')


@pytest.mark.slow
def test_run__writes_prints_and_compares(tmp_path, capsys):
    pytest.importorskip('matplotlib')
    out = f'--out {tmp_path}'
    assert call(f'{DEMO} {QUICK} {out} --name a') == 0
    shown = capsys.readouterr().out
    assert 'method-specific, of the step alone' in shown
    report = json.loads((tmp_path / 'a.json').read_text())
    assert report['config']['batch_size'] == 2
    assert (tmp_path / 'a.png').stat().st_size > 5000
    again = f'{DEMO} {QUICK} {out} --precision bf16'
    assert call(f'{again} --compare {tmp_path}/a.json') == 0
    shown = capsys.readouterr().out
    differs = 'config: precision differs: bfloat16 here, float32 there'
    assert f'warning: {differs}' in shown
    assert (tmp_path / 'cmp_r18_cpu-demo.json').is_file()


def test_two_files__are_compared_without_running(tmp_path, capsys):
    from mmssl.engine.profiling.clocks import Span
    from mmssl.engine.profiling.report import write_json
    from mmssl.engine.profiling.step_recorder import Label
    from mmssl.engine.profiling.step_times import step_report

    parts = {Label('forward', 'backbone', 'backbone'): Span(1.0, 1.0)}
    for name, rate in (('a', 3.0), ('b', 2.0)):
        report = dict(
            format=1,
            date='today',
            config=dict(
                name='net',
                inputs=[[1]],
                precision='float32',
                speed={},
                threads=1,
                workers=1,
                data='synthetic',
            ),
            machine=dict(processor='p', cores=1, gpu=None),
            versions=dict(torch='2'),
            settings=dict(device='cpu'),
            pipeline=dict(ms={'all': 1.0}, images_per_s_per_core=rate),
            loop=dict(
                iteration_ms=1, wait_ms=0, wait_share=0, images_per_s=rate
            ),
            step=dict(step_report(parts), images_per_s=rate),
            bound=dict(step_report(parts), images_per_s=rate),
            memory_mib=1.0,
            step_memory_mib=1.0,
            flops_per_image=1.0,
            mfu=None,
        )
        write_json(report, tmp_path / f'{name}.json')
    assert call(f'{tmp_path}/a.json --compare {tmp_path}/b.json') == 0
    shown = capsys.readouterr().out
    assert '1.500' in shown
    assert sorted(p.name for p in tmp_path.iterdir()) == ['a.json', 'b.json']
    pytest.importorskip('matplotlib')
    both = f'{tmp_path}/a.json --compare {tmp_path}/a.json {tmp_path}/b.json'
    assert call(f'{both} --name c --out {tmp_path}/new') == 0
    assert (tmp_path / 'new' / 'c.png').stat().st_size > 5000


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('gone.py', "there is no config 'gone.py'"),
        (f'{DEMO} --compare gone.json', 'gone.json is no readable profile'),
        ('gone.json', 'gone.json is no readable profile'),
        (f'{DEMO} --iterations 0', '--iterations, --samples and --threads'),
        (f'{DEMO} --accumulate 0', '--accumulate must be >= 1'),
        (f'{DEMO} --samples 1', 'train.txt'),
    ],
)
def test_mistakes__one_line(tmp_path, monkeypatch, capsys, text, message):
    monkeypatch.chdir(tmp_path)
    assert call(text) == 1
    shown = capsys.readouterr()
    assert shown.err.startswith('error: ')
    assert message in shown.err
    assert not list(tmp_path.iterdir())


def test_device__that_is_not_here(monkeypatch, capsys):
    import torch

    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    assert call(f'{DEMO} {QUICK} --device cuda') == 1
    assert "error: device 'cuda' is asked for" in capsys.readouterr().err
