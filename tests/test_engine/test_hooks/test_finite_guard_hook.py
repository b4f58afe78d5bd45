"""Whole runs in which one step is not finite."""

from __future__ import annotations

import copy
import itertools
import json
import math
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.runner.checkpoint import CheckpointLoader

from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.engine import launch
from mmssl.engine.hooks import FiniteGuardHook
from mmssl.engine.replay import replay_step
from mmssl.engine.step_guard import NonFiniteError

TOY = Path(__file__).parents[2] / 'data' / 'nan_run'
ROOT = Path(__file__).parents[3]
NUMBERS = itertools.count()


@pytest.fixture(autouse=True)
def toy(tmp_path, monkeypatch):
    """Work in an empty folder, with the toy project on the path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(TOY))
    monkeypatch.setattr(
        CheckpointLoader, '_schemes', dict(CheckpointLoader._schemes)
    )
    for name in ('RANK', 'WORLD_SIZE', 'LOCAL_RANK'):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)


def train(options=None, guard=None, work_dir='run', **kwargs):
    """Train; ``guard`` are arguments of the hook."""
    cfg = Config.fromfile(TOY / 'nan_config.py')
    cfg.merge_from_dict(options or {})
    cfg.custom_hooks = [dict(type='FiniteGuardHook', **(guard or {}))]
    cfg.experiment_name = f'nan{next(NUMBERS)}'
    return launch.train(cfg, work_dir=work_dir, **kwargs)


def bad(spoil, *draws, **more):
    """Options: these draws are spoiled in this way."""
    key = 'infs' if spoil == 'inf' else 'gates'
    return {
        'model.spoil': 'none' if spoil == 'inf' else spoil,
        f'train_dataloader.dataset.{key}': list(draws),
        **{name.replace('__', '.'): value for name, value in more.items()},
    }


def scalars(name, work_dir='run'):
    """Return step -> value of a scalar that runs logged."""
    return {
        line['step']: line[name]
        for file in sorted(Path(work_dir).glob('*/vis_data/scalars.json'))
        for line in map(json.loads, file.read_text().splitlines())
        if name in line
    }


def weights(file):
    return load_checkpoint(file)['state_dict']


def assert_equal(one, other):
    assert one.keys() == other.keys()
    for name in one:
        assert torch.equal(one[name], other[name]), name


def by_hand(iterations, batch=4, left_out=(), accumulate=1, spoil='none'):
    """Train without mmengine; steps of ``left_out`` iterations do not count.

    Returns:
        Model, and the norm of the gradient of each step.
    """
    from nan_parts import NanModel, nan_sample

    from mmssl.datasets.samplers import DrawSampler

    model = NanModel(spoil)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    draws = iter(DrawSampler(range(10), seed=3))
    norms, kept = [], None
    for iteration in range(iterations):
        if iteration == 6:
            optimizer.param_groups[0]['lr'] = 0.005
        if iteration % accumulate == 0:
            kept = copy.deepcopy(model.state_dict())
        chosen = [next(draws) for _ in range(batch)]
        samples = [nan_sample(int(d), d.number, 1.0, 0.0) for d in chosen]
        losses = model(
            [s['inputs'] for s in samples],
            [s['data_samples'] for s in samples],
        )
        (sum(losses.values()) / accumulate).backward()
        if (iteration + 1) % accumulate:
            continue
        if iteration in left_out:
            model.load_state_dict(kept)
        else:
            grads = [p.grad.double() for p in model.parameters()]
            norms.append(math.sqrt(sum(float((g**2).sum()) for g in grads)))
            optimizer.step()
        optimizer.zero_grad()
    return model, norms


@pytest.mark.slow
def test_log__has_the_norm_of_the_gradient():
    train()
    _, norms = by_hand(8)
    logged = list(scalars('grad_norm').values())
    # mmengine shows the mean of the last two values
    expected = [norms[0], *((a + b) / 2 for a, b in zip(norms, norms[1:]))]
    assert logged == pytest.approx(expected, rel=1e-5)


@pytest.mark.slow
def test_log__norm_of_a_step_under_accumulation_and_value_clipping():
    options = {
        'optim_wrapper.accumulative_counts': 2,
        'optim_wrapper.clip_grad': dict(type='value', clip_value=1e9),
        'log_processor.window_size': 1,
    }
    train(options)
    _, norms = by_hand(8, accumulate=2)
    logged = scalars('grad_norm')
    assert [logged[step] for step in (2, 4, 6, 8)] == pytest.approx(
        norms, rel=1e-5
    )
    assert 1 not in logged  # no step yet


@pytest.mark.slow
def test_log__mmengine_logs_the_norm_if_it_clips_by_norm():
    runner = train({'optim_wrapper.clip_grad': dict(max_norm=1e9)})
    _, norms = by_hand(8)
    history, _ = runner.message_hub.get_scalar('train/grad_norm').data
    assert history == pytest.approx(norms, rel=1e-5)  # once for each step


@pytest.mark.parametrize(
    ('spoil', 'said'),
    [
        ('log', 'loss is not finite: loss = inf, loss_gate = inf'),
        ('sqrt', 'gradients are not finite; every loss is'),
        ('inf', 'loss is not finite: loss = nan, loss_fit = nan'),
    ],
)
def test_stop__weights_are_those_before_the_step(spoil, said, tmp_path):
    with pytest.raises(NonFiniteError, match=f'iteration 4: .*{said}') as info:
        train(bad(spoil, 14))
    text = str(info.value)
    dump = tmp_path / 'run' / 'nan_dumps' / 'iter_4'
    assert 'mmssl replay run/nan_dumps/iter_4' in text
    assert f'{_index(14)}.png (draw 14)' in text
    assert 'the run stops' in text
    assert not (tmp_path / 'run' / 'iter_4.pth').exists()
    assert_equal(weights('run/iter_3.pth'), weights(dump / 'state.pth'))
    result = replay_step(dump, trust=True)
    assert result.reproduced
    assert result.identical


def _index(number):
    """Return the sample of a draw."""
    from mmssl.datasets.samplers import DrawSampler

    draws = iter(DrawSampler(range(10), seed=3))
    return int(next(itertools.islice(draws, number, None)))


@pytest.mark.slow
def test_stop__optimizer_is_that_before_the_step():
    with pytest.raises(NonFiniteError):
        train(bad('sqrt', 14))
    dump = load_checkpoint('run/nan_dumps/iter_4/state.pth')['optimizer']
    saved = load_checkpoint('run/iter_3.pth')['optimizer']
    for place, state in saved['state'].items():
        kept = dump['state'][place]['momentum_buffer']
        assert torch.equal(kept, state['momentum_buffer'])


@pytest.mark.slow
def test_stop__then_resume_is_the_run_without_the_cause():
    train(work_dir='whole')
    with pytest.raises(NonFiniteError):
        train(bad('inf', 14))
    train(resume='auto')
    assert_equal(weights('run/iter_6.pth'), weights('whole/iter_6.pth'))


@pytest.mark.parametrize('spoil', ['log', 'sqrt', 'inf'])
def test_skip__is_the_run_with_that_step_left_out(spoil):
    gone = 'none' if spoil == 'inf' else spoil
    runner = train(bad(spoil, 14, 21), dict(action='skip'))
    model, _ = by_hand(8, left_out=(3, 5), spoil=gone)
    for name, value in model.state_dict().items():
        torch.testing.assert_close(runner.model.state_dict()[name], value)
    dump = weights('run/nan_dumps/iter_4/state.pth')
    assert_equal(weights('run/iter_3.pth'), dump)
    assert sorted(p.name for p in Path('run/nan_dumps').iterdir()) == [
        'iter_4',
        'iter_6',
    ]


@pytest.mark.slow
def test_skip__does_not_spoil_averages_in_the_log():
    train(bad('inf', 14), dict(action='skip'))
    loss = scalars('loss')
    assert math.isnan(loss[4])
    assert all(math.isfinite(loss[step]) for step in (5, 6, 7, 8))


def test_skip__averages_of_the_checkpoint_of_that_iteration():
    options = bad('inf', 14, default_hooks__checkpoint__interval=1)
    train({**options, 'train_cfg.max_iters': 4}, dict(action='skip'))
    hub = load_checkpoint('run/iter_4.pth')['message_hub']
    loss = hub['log_scalars']['train/loss']
    assert torch.isfinite(loss['log']).all()
    assert loss['count'].tolist() == [1, 1, 1, 0]


@pytest.mark.parametrize('place', [10, 14])
def test_skip__resumed_in_the_midst_of_the_step(place):
    # iteration 3, whose loss is not known any more, or 4
    options = bad(
        'inf',
        place,
        optim_wrapper__accumulative_counts=2,
        default_hooks__checkpoint__interval=1,
    )
    guard = dict(action='skip', interval=0)
    train(options, guard, work_dir='whole')
    train(options, guard, resume='whole/iter_3.pth')
    for number in (4, 8):
        assert_equal(
            weights(f'run/iter_{number}.pth'),
            weights(f'whole/iter_{number}.pth'),
        )


@pytest.mark.slow
def test_skip__a_step_with_accumulation_is_left_out_as_a_whole():
    options = bad('inf', 14, optim_wrapper__accumulative_counts=2)
    runner = train(options, dict(action='skip'))
    model, _ = by_hand(8, left_out=(3,), accumulate=2)
    for name, value in model.state_dict().items():
        torch.testing.assert_close(runner.model.state_dict()[name], value)
    result = replay_step('run/nan_dumps/iter_4', trust=True)
    assert result.identical
    assert [row.batch for row in result.terms] == [0, 0, 1, 1]


@pytest.mark.slow
def test_skip__earlier_batch_of_a_step_is_the_bad_one():
    options = bad('inf', 10, optim_wrapper__accumulative_counts=2)
    runner = train(options, dict(action='skip'))
    model, _ = by_hand(8, left_out=(3,), accumulate=2)
    for name, value in model.state_dict().items():
        torch.testing.assert_close(runner.model.state_dict()[name], value)


@pytest.mark.slow
def test_skip__stops_after_so_many_in_a_row():
    draws = [8, 12, 16]  # iterations 3, 4, 5
    with pytest.raises(
        NonFiniteError, match=r'iteration 5: (.|\n)*2 steps in a row'
    ):
        train(bad('inf', *draws), dict(action='skip', max_skips=2))


@pytest.mark.slow
def test_skip__total_counts_across_a_resume():
    options = {**bad('inf', 4, 20), 'train_cfg.max_iters': 4}
    guard = dict(action='skip', max_total_skips=1)
    train(options, guard)
    options['train_cfg.max_iters'] = 8
    with pytest.raises(NonFiniteError, match='1 steps of this run were'):
        train(options, guard, resume='auto')


@pytest.mark.slow
def test_dumps__are_bounded_and_the_first_stay():
    guard = dict(action='skip', max_dumps=1)
    runner = train(bad('inf', 4, 20), guard)
    assert [p.name for p in Path('run/nan_dumps').iterdir()] == ['iter_2']
    text = Path(runner.log_dir, f'{runner.timestamp}.log').read_text()
    assert 'max_dumps=1; the first ones are kept' in text


@pytest.mark.slow
def test_dumps__a_full_disk_does_not_hide_the_cause(monkeypatch):
    from mmssl.engine import step_dump

    def full(*args):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(step_dump, 'write_checkpoint', full)
    with pytest.raises(NonFiniteError) as info:
        train(bad('inf', 14), dict(max_dumps=9))
    assert 'the loss is not finite' in str(info.value)
    assert 'no complete dump: process 0: OSError' in str(info.value)
    assert not list(Path('run').glob('nan_dumps/*'))


@pytest.mark.slow
def test_exploding_lr__is_stopped_with_the_history_of_the_norm():
    options = {'optim_wrapper.optimizer.lr': 1e12, 'model.spoil': 'sqrt'}
    with pytest.raises(NonFiniteError, match='grad_norm of the steps before'):
        train(options)


@pytest.mark.slow
def test_amp__skips_of_the_scaler_are_counted_and_not_dumped():
    options = {
        'optim_wrapper.type': 'CpuAmpWrapper',
        'optim_wrapper.init_scale': 2.0**19,
        'train_cfg.max_iters': 12,
    }
    runner = train(options)
    assert not Path('run/nan_dumps').exists()
    hub = runner.message_hub
    scales, _ = hub.get_scalar('train/scale').data
    skips, _ = hub.get_scalar('train/scaler_skips').data
    falls = [a > b for a, b in zip(scales, scales[1:])]
    assert skips[-1] == sum(falls) + (skips[-1] - skips[-2])
    assert skips[-1] >= 2
    assert scales[-1] == 2.0**19 / 2 ** (skips[-2])
    norms, _ = hub.get_scalar('train/grad_norm').data
    assert len(norms) == 12 - skips[-1]
    # unscaled: of the size that float32 has
    _, expected = by_hand(1)
    assert norms[0] == pytest.approx(expected[0], rel=0.02)


@pytest.mark.slow
def test_amp__clipping_sees_the_same_gradients():
    options = {
        'optim_wrapper.type': 'CpuAmpWrapper',
        'optim_wrapper.init_scale': 2.0**10,
        'optim_wrapper.clip_grad': dict(max_norm=1e9),
        'train_cfg.max_iters': 2,
    }
    runner = train(options)
    norms, _ = runner.message_hub.get_scalar('train/grad_norm').data
    assert norms == pytest.approx(by_hand(2)[1], rel=0.02)


def test_amp__a_loss_that_is_not_finite_is_no_skip_of_the_scaler():
    options = bad('inf', 14, optim_wrapper__type='CpuAmpWrapper')
    options['optim_wrapper.init_scale'] = 2.0**8
    with pytest.raises(NonFiniteError, match='the loss is not finite'):
        train(options)
    result = replay_step('run/nan_dumps/iter_4', trust=True)
    assert result.identical
    state = load_checkpoint('run/nan_dumps/iter_4/state.pth')
    assert state['optimizer']['loss_scaler']['scale'] == 2.0**8


@pytest.mark.slow
def test_amp__overflow_at_the_smallest_scale_is_bad():
    options = bad('sqrt', 14, optim_wrapper__type='CpuAmpWrapper')
    options['optim_wrapper.init_scale'] = 2.0**8
    runner = train(options, work_dir='high')
    assert runner.message_hub.get_scalar('train/scaler_skips').current() == 1
    with pytest.raises(NonFiniteError, match='at loss scale 256'):
        train(options, dict(min_scale=256.0))


@pytest.mark.parametrize(
    'arguments',
    [dict(action='go'), dict(max_skips=0), dict(interval=-1)],
)
def test_arguments__out_of_range(arguments):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        FiniteGuardHook(**arguments)


@pytest.mark.slow
def test_interval__zero_leaves_gradients_alone():
    with pytest.raises(
        NonFiniteError, match=r'iteration 5: (.|\n)*not finite before the step'
    ):
        train(bad('sqrt', 14), dict(interval=0))
    assert not scalars('grad_norm')
    dump = weights('run/nan_dumps/iter_5/state.pth')
    assert torch.isnan(dump['first.weight']).any()


SCRIPT = """
import sys
from mmengine.config import Config
from mmssl.engine.launch import train
from mmssl.engine.step_guard import NonFiniteError

cfg = Config.fromfile(sys.argv[1])
cfg.train_dataloader.batch_size = 2
cfg.train_dataloader.dataset.infs = [14]
cfg.custom_hooks = [dict(type='FiniteGuardHook', action=sys.argv[2])]
try:
    train(cfg, work_dir='run', launcher='pytorch')
except NonFiniteError as error:
    print(f'caught {error}', flush=True)
"""


def two_processes(action):
    """Train in two processes; return what each has printed."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    Path('script.py').write_text(SCRIPT)
    base = dict(
        os.environ,
        PYTHONPATH=f'{ROOT}{os.pathsep}{TOY}',
        CUDA_VISIBLE_DEVICES='',
        OMP_NUM_THREADS='1',
        MASTER_ADDR='127.0.0.1',
        MASTER_PORT=str(port),
        WORLD_SIZE='2',
    )
    processes = [
        subprocess.Popen(
            [sys.executable, 'script.py', str(TOY / 'nan_config.py'), action],
            env=dict(base, RANK=rank, LOCAL_RANK=rank),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in '01'
    ]
    outputs = [process.communicate(timeout=120)[0] for process in processes]
    assert [p.returncode for p in processes] == [0, 0], outputs
    return outputs


@pytest.mark.slow
def test_two_processes__nan_in_one_stops_both():
    # Draws 12..15 are iteration 4; rank 0 has 12 and 14.
    outputs = two_processes('stop')
    for output in outputs:
        assert 'caught iteration 4: the loss is not finite' in output
        assert 'loss_fit = nan (process 0)' in output
    names = {p.name for p in Path('run/nan_dumps/iter_4').iterdir()}
    assert names == {'state.pth', 'rank_0.pth', 'rank_1.pth'}
    result = replay_step('run/nan_dumps/iter_4', trust=True)
    assert (result.rank, result.identical) == (0, True)
    other = replay_step('run/nan_dumps/iter_4', 1, trust=True)
    assert all(row.same for row in other.terms)
    assert all(math.isfinite(row.replayed) for row in other.terms)


@pytest.mark.slow
def test_two_processes__nan_in_one_is_skipped_by_both():
    two_processes('skip')
    dump = weights('run/nan_dumps/iter_4/state.pth')
    assert_equal(weights('run/iter_3.pth'), dump)
    last = weights('run/iter_6.pth')
    assert all(torch.isfinite(v).all() for v in last.values())
    assert not torch.equal(
        last['first.weight'], weights('run/iter_3.pth')['first.weight']
    )
    state = load_checkpoint('run/iter_6.pth')
    for process in state['run_state']['processes']:
        for value in process['buffers'].get('model', {}).values():
            assert torch.isfinite(value).all()
