"""The arithmetic, on real optimisers and in a real run."""

import json
import math

import pytest
import torch
from mmengine.optim import OptimWrapper, OptimWrapperDict

from mmssl.engine.lr_scaling import scale_factor, scale_lr
from mmssl.engine.optimizers import ScrlLARS
from mmssl.engine.run_config import LaunchError


def wrapper(*rates, accumulated=1):
    groups = [
        dict(params=[torch.nn.Parameter(torch.zeros(1))], lr=rate)
        for rate in rates
    ]
    return OptimWrapper(
        torch.optim.SGD(groups, lr=1.0), accumulative_counts=accumulated
    )


def rates(wrapper):
    return [group['lr'] for group in wrapper.optimizer.param_groups]


@pytest.mark.parametrize(
    ('batch', 'base', 'rule', 'factor'),
    [
        (32, 32, 'linear', 1.0),
        (256, 32, 'linear', 8.0),
        (8, 32, 'linear', 0.25),
        (256, 32, 'sqrt', 2 * math.sqrt(2)),
        (8, 32, 'sqrt', 0.5),
    ],
)
def test_factor(batch, base, rule, factor):
    assert scale_factor(batch, base, rule) == pytest.approx(factor)


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ((8, 8, 'cubic'), "one of linear, sqrt, got 'cubic'"),
        ((0, 8), 'at least 1, got 0 and base_batch_size=8'),
        ((8, 0), 'got 8 and base_batch_size=0'),
    ],
)
def test_factor__users_mistakes(arguments, message):
    with pytest.raises(LaunchError, match=message):
        scale_factor(*arguments)


def test_scale__counts_processes_and_accumulation():
    """4 per process x 3 processes x 2 accumulated = 24, made for 8."""
    one = wrapper(0.1, 0.01, accumulated=2)
    (line,) = scale_lr(one, 4, 3, dict(enable=True, base_batch_size=8))
    assert rates(one) == pytest.approx([0.3, 0.03])
    assert line == (
        'learning rate x 3, linear: the batch is 24 = 4 per process x 3 '
        'processes x 2 accumulated; the config was made for 8. '
        'lr 0.1 -> 0.3, 0.01 -> 0.03'
    )


def test_scale__square_root():
    one = wrapper(0.002)
    settings = dict(enable=True, base_batch_size=8, rule='sqrt')
    (line,) = scale_lr(one, 8, 4, settings)
    assert rates(one) == pytest.approx([0.004])
    assert 'x 2, sqrt' in line


def test_scale__rate_that_enters_twice_is_scaled_as_the_published_code_does():
    """The published rule: lr = 0.45 batch / 256, and steps of lr^2."""
    weight, bias = (torch.nn.Parameter(torch.zeros(1)) for _ in 'wb')
    groups = [
        dict(params=[weight]),
        dict(params=[bias], lars_exclude=True, lr_twice=True),
    ]
    one = OptimWrapper(ScrlLARS(groups, lr=0.45 * 8192 / 256))
    settings = dict(enable=True, base_batch_size=8192)
    (line,) = scale_lr(one, 256, 8, settings)
    published = 0.45 * 2048 / 256
    assert rates(one) == pytest.approx([published] * 2)
    bias.grad = torch.ones(1)
    one.optimizer.step()
    assert bias.item() == pytest.approx(-(published**2))
    assert line.endswith(
        'lr 14.4 -> 3.6, 14.4 -> 3.6 (its step lr^2 207.36 -> 12.96)'
    )


def test_scale__off__says_what_it_would_do():
    one = wrapper(0.1)
    settings = dict(enable=False, base_batch_size=32)
    (line,) = scale_lr(one, 4, 2, settings)
    assert rates(one) == [0.1]
    assert 'is not scaled: the batch is 8 = 4 per' in line
    assert '--auto-scale-lr would multiply it by 0.25 (linear)' in line
    assert scale_lr(one, 16, 2, settings) == []  # as it was made for
    assert scale_lr(one, 4, 2, None) == []
    assert scale_lr(one, 4, 2, dict(enable=False)) == []


def test_scale__each_optimiser_by_its_own_accumulation():
    first, second = wrapper(1.0), wrapper(1.0, accumulated=4)
    lines = scale_lr(
        OptimWrapperDict(a=first, b=second),
        2,
        1,
        dict(enable=True, base_batch_size=4),
    )
    assert rates(first) == [0.5]
    assert rates(second) == [2.0]
    assert [line.split(' x ')[0] for line in lines] == [
        'learning rate of a',
        'learning rate of b',
    ]


@pytest.fixture
def toy(monkeypatch):
    from pathlib import Path

    folder = Path(__file__).parents[1] / 'data' / 'toy_run'
    monkeypatch.syspath_prepend(str(folder))
    return folder / 'toy_config.py'


def test_run__rate_of_the_first_step_and_the_log(toy, tmp_path):
    """The schedule starts from the scaled rate: 2 accumulated, 1 process."""
    from mmengine.config import Config

    from mmssl.engine.launch import train

    cfg = Config.fromfile(toy)
    size = cfg.train_dataloader.batch_size
    rate = cfg.optim_wrapper.optimizer.lr
    options = {
        'auto_scale_lr': dict(base_batch_size=size, rule='sqrt'),
        'optim_wrapper.accumulative_counts': 4,
        'param_scheduler': [],
        'log_level': 'INFO',
        'train_cfg.max_iters': 4,
        'default_hooks.logger.interval': 1,
    }
    runner = train(
        str(toy),
        work_dir=str(tmp_path),
        auto_scale_lr=True,
        validate=False,
        cfg_options=options,
    )
    (group,) = {g['lr'] for g in runner.optim_wrapper.param_groups}
    assert group == pytest.approx(2 * rate)
    (log,) = tmp_path.glob('*/vis_data/scalars.json')
    line = json.loads(log.read_text().splitlines()[0])
    assert line['lr'] == pytest.approx(2 * rate)
    (text,) = tmp_path.glob('*/*.log')
    assert f'the batch is {4 * size} = {size} per process x 1 process x 4' in (
        text.read_text()
    )
