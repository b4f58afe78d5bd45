"""Every option trains as plain float32 does, and leaves plain checkpoints.

Tolerances are what was measured here times ten or more: relative difference
of the losses of three steps of CMP (ResNet-18), SGD.
"""

from __future__ import annotations

import copy
import itertools
import os

import pytest
import torch
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from mmpretrain.structures import DataSample
from torch import nn

from mmssl.checkpoints.export import export_backbone
from mmssl.engine import launch
from mmssl.engine.run_config import LaunchError
from mmssl.engine.speed_options import (
    KEYS,
    OPTIMIZER_LOOPS,
    SpeedOptions,
    apply_model_options,
    set_optimizer_loop,
    set_speed,
)
from mmssl.registry import MODELS
from mmssl.testing.configs import shrink_config
from mmssl.testing.toys import make_toy_flow_list
from mmssl.utils.host import config_file

SGD = dict(type='SGD', lr=0.05, momentum=0.9, weight_decay=1e-4)
NUMBERS = itertools.count()


def config(optimizer=SGD, name='cmp/cmp_r18_cpu-demo.py'):
    cfg = Config.fromfile(config_file(name))
    # With one weight for all pixels, means of halves add up to the whole's.
    cfg.model.head.loss.zero_bin_weight = 1.0
    cfg.optim_wrapper.optimizer = dict(optimizer)
    return cfg


def batch(numbers, size=32):
    """Samples that depend on their number alone."""
    inputs = dict(img=[], guidance_points=[], guidance_vectors=[])
    samples = []
    for number in numbers:
        rng = torch.Generator().manual_seed(number)
        img = torch.randint(0, 255, (3, size, size), generator=rng)
        inputs['img'].append(img.to(torch.uint8))
        points = torch.randint(0, size, (5, 2), generator=rng)
        inputs['guidance_points'].append(points)
        vectors = torch.randn(5, 2, generator=rng) * 3
        inputs['guidance_vectors'].append(vectors)
        sample = DataSample()
        flow = torch.randn(2, size, size, generator=rng) * 3
        samples.append(sample.set_field(flow, 'gt_flow') or sample)
    return dict(inputs=inputs, data_samples=samples)


def train(cfg, batches, **speed):
    """Losses and final state of a model trained with some options."""
    MMLogger.get_instance('test', log_level='ERROR')
    init_default_scope('mmssl')
    set_speed(cfg, SpeedOptions(**speed))
    torch.manual_seed(0)
    model = MODELS.build(cfg.model)
    model.init_weights()
    apply_model_options(model.train(), cfg.get('speed'))
    wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    wrapper.initialize_count_status(model, 0, len(batches))
    losses = [model.train_step(b, wrapper)['loss'].item() for b in batches]
    return losses, model


@pytest.fixture(scope='module')
def batches():
    return [batch(range(i * 4, i * 4 + 4)) for i in range(3)]


@pytest.fixture(scope='module')
def plain(batches):
    return train(config(), batches)


@pytest.mark.parametrize(
    ('speed', 'tolerance'),
    [
        (dict(grad_checkpoint=True), 0),
        (dict(channels_last=True), 1e-5),
        (dict(optimizer_loop='for-loop'), 1e-6),
        (dict(optimizer_loop='foreach'), 1e-6),
        (dict(optimizer_loop='fused'), 1e-5),
        (dict(precision='bf16'), 1e-2),
        (dict(precision='fp32'), 0),
        (dict(channels_last=True, grad_checkpoint=True), 1e-5),
    ],
    ids=str,
)
def test_options__same_losses(plain, batches, speed, tolerance):
    losses, model = train(config(), batches, **speed)
    assert losses == pytest.approx(plain[0], rel=tolerance, abs=0)
    before, after = plain[1].state_dict(), model.state_dict()
    assert list(before) == list(after)
    assert {v.dtype for v in after.values()} == {torch.float32, torch.int64}
    if not tolerance:
        assert all(torch.equal(before[k], after[k]) for k in before)
    copy.deepcopy(plain[1]).load_state_dict(after)  # names and shapes fit


def test_accumulation__two_halves_are_one_batch():
    name = 'cmp/cmp_r18_cpu-demo-gn.py'
    whole = [batch(range(i, i + 4)) for i in (0, 4, 8)]
    halves = [batch(range(i, i + 2)) for i in range(0, 12, 2)]
    losses, model = train(config(name=name), whole)
    parts, twin = train(config(name=name), halves, accumulate=2)
    means = [(a + b) / 2 for a, b in zip(parts[::2], parts[1::2])]
    assert means == pytest.approx(losses, rel=1e-5)
    state = twin.state_dict()
    for key, value in model.state_dict().items():
        torch.testing.assert_close(state[key], value, rtol=1e-3, atol=1e-5)


def test_channels_last__reaches_the_weights(batches):
    _, model = train(config(), batches[:1], channels_last=True)
    layout = torch.channels_last
    assert model.backbone.conv1.weight.is_contiguous(memory_format=layout)
    seen = []
    model.backbone.layer1.register_forward_hook(
        lambda module, args, out: seen.append(out)
    )
    model.backbone(torch.zeros(2, 3, 32, 32))
    assert seen[0].is_contiguous(memory_format=layout)


# ---- whole runs ------------------------------------------------------------


@pytest.fixture
def toy(tmp_path, monkeypatch):
    for split in ('train', 'val'):
        make_toy_flow_list(tmp_path / 'data', name=f'{split}.txt')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(toy, folder, iterations=4, **kwargs):
    cfg = shrink_config(
        config(), toy / 'data', toy / folder, iterations, size=64
    )
    cfg.default_hooks.checkpoint.update(interval=2, max_keep_ckpts=-1)
    cfg.experiment_name = f'run{next(NUMBERS)}'
    return launch.train(cfg, validate=False, **kwargs)


ALL = SpeedOptions(
    precision='bf16',
    channels_last=True,
    grad_checkpoint=True,
    accumulate=2,
    optimizer_loop='fused',
)


@pytest.mark.slow
def test_run__resumes_to_the_bit_with_all_options(toy):
    straight = run(toy, 'straight', speed=ALL)
    resumed = run(
        toy, 'resumed', speed=ALL, resume=str(toy / 'straight/iter_2.pth')
    )
    state = resumed.model.state_dict()
    for key, value in straight.model.state_dict().items():
        assert torch.equal(state[key], value), key
    optimizer = straight.optim_wrapper.state_dict()['state']
    for i, values in resumed.optim_wrapper.state_dict()['state'].items():
        buffer = optimizer[i]['momentum_buffer']
        assert torch.equal(values['momentum_buffer'], buffer)


@pytest.mark.slow
def test_run__its_checkpoint_trains_and_exports_without(toy):
    run(toy, 'fast', speed=ALL)
    checkpoint = torch.load(toy / 'fast/iter_4.pth', weights_only=True)
    plain = MODELS.build(config().model)
    assert list(checkpoint['state_dict']) == list(plain.state_dict())
    # from where the fast run was after two iterations
    run(toy, 'plain', resume=str(toy / 'fast/iter_2.pth'))
    export_backbone(toy / 'fast/iter_4.pth', toy / 'backbone.pth')
    exported = torch.load(toy / 'backbone.pth', weights_only=True)
    weight = exported['state_dict']['conv1.weight']
    trained = checkpoint['state_dict']['backbone.conv1.weight']
    assert torch.equal(weight, trained)


@pytest.mark.slow
def test_run__the_same_under_ddp(toy, monkeypatch):
    speed = SpeedOptions(channels_last=True, grad_checkpoint=True)
    alone = run(toy, 'alone', speed=speed)
    port = str(20000 + os.getpid() % 20000)
    for name, value in dict(
        RANK='0', WORLD_SIZE='1', LOCAL_RANK='0', MASTER_PORT=port
    ).items():
        monkeypatch.setenv(name, value)
    group = run(toy, 'group', speed=speed, launcher='pytorch')
    state = group.model.state_dict()
    for key, value in alone.model.state_dict().items():
        torch.testing.assert_close(state[key], value, rtol=1e-5, atol=1e-6)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a GPU')
def test_run__fp16_scales_the_loss(toy):
    plain = run(toy, 'plain', 6)
    half = run(toy, 'half', 6, speed=SpeedOptions(precision='fp16'))
    assert 'loss_scaler' in half.optim_wrapper.state_dict()
    losses = [
        r.message_hub.get_scalar('train/loss').data[0] for r in (plain, half)
    ]
    assert losses[1] == pytest.approx(losses[0], rel=5e-2)


# ---- choices ---------------------------------------------------------------


def test_set_speed__details_of_the_config_win():
    cfg = config()
    cfg.speed = dict(compile=dict(mode='max-autotune'), channels_last=False)
    set_speed(cfg, SpeedOptions(compile=True, channels_last=True))
    assert cfg.speed == dict(
        compile=dict(mode='max-autotune'), channels_last=True
    )
    cfg = config()
    set_speed(cfg, SpeedOptions())
    assert 'speed' not in cfg
    assert cfg.to_dict() == config().to_dict()
    set_speed(cfg, SpeedOptions(accumulate=3, precision='bf16'))
    assert cfg.optim_wrapper.accumulative_counts == 3
    assert cfg.optim_wrapper.type == 'mmssl.Bf16OptimWrapper'


@pytest.mark.parametrize('loop', OPTIMIZER_LOOPS)
def test_optimizer_loop__flags(loop):
    cfg = config()
    set_optimizer_loop(cfg, loop)
    given = dict(SGD, foreach=loop == 'foreach', fused=loop == 'fused')
    assert cfg.optim_wrapper.optimizer == given


def test_errors__tell_the_choices():
    cfg = config(dict(type='LARS', lr=0.1))
    with pytest.raises(LaunchError, match="LARS has no argument 'fused'"):
        set_optimizer_loop(cfg, 'fused')
    with pytest.raises(LaunchError, match='for-loop, foreach, fused'):
        set_optimizer_loop(config(), 'quick')
    with pytest.raises(LaunchError, match='must be >= 1, got 0'):
        set_speed(config(), SpeedOptions(accumulate=0))
    with pytest.raises(LaunchError, match='no optim_wrapper'):
        set_speed(Config({}), SpeedOptions(accumulate=2))
    net = nn.ModuleDict({'backbone': nn.Linear(2, 2)})
    with pytest.raises(LaunchError, match=f"'fast'; valid: {', '.join(KEYS)}"):
        apply_model_options(net, dict(fast=True))
    with pytest.raises(LaunchError, match='exclude each other'):
        apply_model_options(net, dict(compile=True, grad_checkpoint=True))
    with pytest.raises(LaunchError, match='no repeated blocks'):
        apply_model_options(net, dict(grad_checkpoint=True))
    with pytest.raises(LaunchError, match=r"no module 'gone'"):
        apply_model_options(net, dict(grad_checkpoint=['gone']))


def test_run__other_runners_do_not_know_them(toy):
    cfg = config()
    cfg.runner_type = 'FlexibleRunner'
    cfg.speed = dict(channels_last=True)
    with pytest.raises(LaunchError, match='not by FlexibleRunner'):
        launch.train(cfg, work_dir='run')
