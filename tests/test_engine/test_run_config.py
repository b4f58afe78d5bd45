"""Each choice before a run, one by one."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from mmssl.checkpoints.atomic import write_checkpoint
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.engine import run_config
from mmssl.engine.run_config import LaunchError
from mmssl.utils.host import config_root


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def gpu(monkeypatch, request):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: request.param)


def test_load_config__path_scheme_and_copy():
    Path('a.py').write_text('x = dict(y=1)')
    config = run_config.load_config('a.py')
    assert config.x.y == 1
    copy = run_config.load_config(config)
    copy.x.y = 2
    assert (config.x.y, copy.filename) == (1, config.filename)
    own = sorted((config_root() / 'cmp').glob('*.py'))[0].name
    assert run_config.load_config(f'mmssl::cmp/{own}').filename.endswith(own)


def test_load_config__close_names_of_this_folder_and_of_mmssl():
    Path('my_experiment.py').write_text('')
    with pytest.raises(LaunchError, match=r'close names: my_experiment\.py'):
        run_config.load_config('my_experimnt.py')
    with pytest.raises(LaunchError, match=r'close names: .*cmp_r18_cpu-demo'):
        run_config.load_config('cmp_r18_cpu_demo.py')
    with pytest.raises(LaunchError, match=r"no config 'zzzzzz\.py'$"):
        run_config.load_config('zzzzzz.py')
    with pytest.raises(LaunchError, match='mmssl has no config'):
        run_config.load_config('mmssl::cmp/zzzzzz.py')


def test_work_dir__argument_then_config_then_name():
    cfg = Config({})
    assert run_config.set_work_dir(cfg, None, 'net') == Path('work_dirs/net')
    cfg = Config(dict(work_dir='mine'))
    assert run_config.set_work_dir(cfg, None, 'net') == Path('mine')
    assert run_config.set_work_dir(cfg, 'a/b', 'net') == Path('a/b')
    assert cfg.work_dir == 'a/b'
    assert Path('a/b').is_dir()
    assert not list(Path('a/b').iterdir())


def test_work_dir__not_writable():
    Path('file').write_text('')
    for place in ('file', 'file/below'):
        with pytest.raises(LaunchError, match='choose another'):
            run_config.set_work_dir(Config({}), place, 'net')


def test_resume__what_is_set():
    cfg = Config(dict(work_dir='run', resume=False, load_from='x.pth'))
    run_config.set_resume(cfg, None)
    assert (cfg.resume, cfg.load_from) == (False, 'x.pth')
    Path('run').mkdir()
    # the first of many calls: weights to start from are not forgotten
    run_config.set_resume(cfg, 'auto')
    assert (cfg.resume, cfg.load_from) == (False, 'x.pth')
    write_checkpoint(
        dict(meta=dict(iter=2, epoch=0), state_dict={}, message_hub={}),
        'run/iter_2.pth',
    )
    Path('run/last_checkpoint').write_text('/was/here/iter_2.pth')
    run_config.set_resume(cfg, 'auto')
    assert (cfg.resume, cfg.load_from) == (True, 'run/iter_2.pth')
    run_config.set_resume(cfg, 'https://x.org/a.pth')
    assert cfg.load_from == 'https://x.org/a.pth'
    # in the config itself, it is mmengine's way to say 'auto'
    cfg = Config(dict(work_dir='run', resume=True, load_from=None))
    run_config.set_resume(cfg, None)
    assert (cfg.resume, cfg.load_from) == (True, 'run/iter_2.pth')
    Path('run/iter_2.pth').write_bytes(b'half')
    with pytest.raises(CheckpointError, match=r'(?s)iter_2\.pth.*--resume'):
        run_config.set_resume(cfg, 'auto')
    with pytest.raises(LaunchError, match='to resume from'):
        run_config.set_resume(cfg, 'run/iter_4.pth')


def amp(amp=True, **wrapper):
    cfg = Config(dict(optim_wrapper=dict(wrapper, optimizer=dict(lr=1))))
    run_config.set_amp(cfg, amp)
    result = cfg.optim_wrapper.to_dict()
    assert result.pop('optimizer') == dict(lr=1)
    return result


@pytest.mark.parametrize('gpu', [True], indirect=True)
def test_amp__gpu(gpu):
    scaled = dict(type='AmpOptimWrapper', loss_scale='dynamic')
    assert amp() == scaled
    assert amp(type='OptimWrapper') == scaled
    fixed = dict(type='AmpOptimWrapper', loss_scale=512.0, dtype='float16')
    assert amp(**fixed) == fixed
    assert amp(amp=False, **fixed) == fixed
    bf16 = dict(type='mmssl.Bf16OptimWrapper')
    assert amp(**bf16) == bf16
    assert amp(amp=False) == {}


@pytest.mark.parametrize('gpu', [False], indirect=True)
def test_amp__cpu(gpu):
    bf16 = dict(type='mmssl.Bf16OptimWrapper')
    assert amp(clip_grad=1) == dict(bf16, clip_grad=1)
    assert amp(amp=False, type='AmpOptimWrapper', loss_scale=1.0) == bf16
    assert amp(amp=False) == {}
    with pytest.raises(LaunchError, match='not MyWrapper'):
        amp(type='MyWrapper')


def precision(precision, **wrapper):
    cfg = Config(dict(optim_wrapper=dict(wrapper, optimizer=dict(lr=1))))
    run_config.set_precision(cfg, precision)
    result = cfg.optim_wrapper.to_dict()
    assert result.pop('optimizer') == dict(lr=1)
    return result


@pytest.mark.parametrize('gpu', [True], indirect=True)
def test_precision__gpu(gpu):
    half = dict(type='AmpOptimWrapper', loss_scale='dynamic')
    assert precision('fp16') == half
    assert precision('fp16', type='mmssl.Bf16OptimWrapper') == half
    fixed = dict(type='AmpOptimWrapper', loss_scale=512.0)
    assert precision('fp16', **fixed) == fixed
    assert precision('fp16', dtype='bfloat16', **fixed) == dict(
        fixed, dtype='float16'
    )
    assert precision('bf16', **fixed) == dict(type='mmssl.Bf16OptimWrapper')
    assert precision('fp32', **fixed) == dict(type='OptimWrapper')
    assert precision(None, **fixed) == fixed


@pytest.mark.parametrize('gpu', [False], indirect=True)
def test_precision__cpu(gpu):
    bf16 = dict(type='mmssl.Bf16OptimWrapper')
    assert precision('bf16', clip_grad=1) == dict(bf16, clip_grad=1)
    assert precision('fp32', **bf16) == dict(type='OptimWrapper')
    with pytest.raises(LaunchError, match='fp16 needs a GPU'):
        precision('fp16')
    with pytest.raises(LaunchError, match="bf16, fp16, fp32, got 'half'"):
        precision('half')
    with pytest.raises(LaunchError, match='not MyWrapper'):
        precision('fp32', type='MyWrapper')


def test_auto_scale_lr__needs_a_base():
    cfg = Config(dict(auto_scale_lr=dict(base_batch_size=256)))
    run_config.set_auto_scale_lr(cfg, False)
    assert 'enable' not in cfg.auto_scale_lr
    run_config.set_auto_scale_lr(cfg, True)
    assert cfg.auto_scale_lr.enable is True
    with pytest.raises(LaunchError, match='base_batch_size'):
        run_config.set_auto_scale_lr(Config({}), True)


def test_validation__dropped_or_tested_on():
    parts = dict(
        val_dataloader=dict(batch_size=2),
        val_evaluator=dict(type='A'),
        val_cfg=dict(type='ValLoop'),
    )
    cfg = Config(parts)
    run_config.test_on_validation(cfg)
    assert cfg.test_dataloader == dict(batch_size=2)
    assert cfg.test_evaluator == dict(type='A')
    assert cfg.test_cfg == dict(type='TestLoop')
    cfg = Config(dict(parts, test_dataloader=dict(batch_size=9)))
    run_config.test_on_validation(cfg)
    assert cfg.test_dataloader == dict(batch_size=9)
    with pytest.raises(LaunchError, match='neither'):
        run_config.test_on_validation(Config({}))
    run_config.drop_validation(cfg)
    assert [cfg[name] for name in parts] == [None] * 3


def test_run_hooks__added_once():
    cfg = Config(
        dict(
            custom_hooks=[dict(type='EMAHook'), dict(type='AverageLossHook')],
            default_hooks=dict(hub=dict(type='mmssl.PlainMessageHubHook')),
        )
    )
    run_config.add_run_hooks(cfg)
    run_config.add_run_hooks(cfg)
    present = ('AverageLossHook', 'PlainMessageHubHook')
    assert [hook.type for hook in cfg.custom_hooks] == [
        'EMAHook',
        'AverageLossHook',
        *(f'mmssl.{n}' for n in run_config.RUN_HOOKS if n not in present),
    ]
