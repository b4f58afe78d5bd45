"""What is collected comes back; two processes by gloo, in threads of none."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch
from mmengine.optim import OptimWrapper, OptimWrapperDict
from torch.utils.data import DataLoader

from mmssl.datasets import DrawSampler, SeededDataset
from mmssl.engine import run_state
from mmssl.engine.batch_stream import BatchStream, DataPosition
from mmssl.utils.random_state import random_state


def model_of(value=1.0):
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2))
    torch.nn.init.constant_(model[0].weight, value)
    return model


def runner_of(accumulate=3, seed=5):
    model = model_of()
    wrapper = OptimWrapper(
        torch.optim.SGD(model.parameters(), lr=0.1),
        accumulative_counts=accumulate,
    )
    wrapper._max_counts = 100
    dataset = SeededDataset(list(range(8)), seed)
    loader = DataLoader(dataset, 2, sampler=DrawSampler(dataset, seed))
    stream = BatchStream(loader, seed)
    return SimpleNamespace(
        model=model,
        optim_wrapper=wrapper,
        hooks=[],
        seed=seed,
        iter=4,
        train_dataloader=loader,
        train_loop=SimpleNamespace(stream=stream, validated=True),
        training_random_state=random_state,
    )


def step(runner):
    loss = runner.model(torch.rand(4, 2)).square().mean()
    runner.optim_wrapper.update_params(loss)


def state_of(runner):
    state = run_state.collect(runner)
    state['conditions'] = dict(accumulation=run_state.accumulation(runner))
    return state


def test_collect__everything_comes_back():
    runner = runner_of()
    for _ in range(4):
        step(runner)
    runner.train_loop.stream.position = DataPosition(2, 1, 2)
    runner.train_loop.validated = False
    state = state_of(runner)
    assert state['position'] == dict(epoch=2, batches=1, draws=2)
    assert state['inner_counts'] == {'': 4}
    assert state['seed'] == 5
    expected = torch.rand(2)

    other = runner_of(seed=6)
    run_state.restore(other, state)
    run_state.restore_last(other, state)
    assert torch.equal(torch.rand(2), expected)
    for one, two in zip(runner.model.parameters(), other.model.parameters()):
        assert torch.equal(one.grad, two.grad)
        assert one.grad.data_ptr() != two.grad.data_ptr()
    assert other.optim_wrapper.inner_count == 4
    assert other.train_loop.validated is False
    assert other.train_dataloader.sampler.seed == 5
    assert other.train_dataloader.dataset.draw_seed == 5


def test_gradients__only_while_they_wait():
    runner = runner_of(accumulate=2)
    assert run_state.pending_gradients(runner) == {}
    step(runner)
    waiting = run_state.pending_gradients(runner)
    assert set(waiting) == {n for n, _ in runner.model.named_parameters()}
    assert torch.equal(waiting['0.weight'], runner.model[0].weight.grad)
    assert run_state.has_gradients(runner)
    step(runner)
    assert run_state.pending_gradients(runner) == {}
    assert not run_state.has_gradients(runner)


@pytest.mark.parametrize(('accumulate', 'told'), [(3, 0), (2, 1)])
def test_gradients__a_model_forgets_what_it_noted_with_them(accumulate, told):
    runner = runner_of(accumulate=3)
    step(runner)
    state = state_of(runner)
    other, calls = runner_of(accumulate), []
    other.model.leave_out_step = lambda: calls.append(1)
    run_state.restore(other, state)
    assert len(calls) == told


def test_gradients__dropped_if_another_number_accumulates():
    runner = runner_of(accumulate=3)
    step(runner)
    state = state_of(runner)
    other = runner_of(accumulate=2)
    run_state.restore(other, state)
    run_state.restore_last(other, state)
    assert not run_state.has_gradients(other)
    assert other.optim_wrapper.inner_count == 0


def test_gradients__of_two_processes_for_one():
    runner = runner_of()
    step(runner)
    state = state_of(runner)
    first = state['processes'][0]
    second = {name: 3 * g for name, g in first['gradients'].items()}
    state['processes'].append(dict(first, gradients=second))
    other = runner_of()
    run_state.restore(other, state)
    for name, parameter in other.model.named_parameters():
        torch.testing.assert_close(
            parameter.grad, 2 * first['gradients'][name]
        )


def test_wrappers__by_name():
    runner = runner_of()
    wrapper = runner.optim_wrapper
    runner.optim_wrapper = OptimWrapperDict(a=wrapper, b=wrapper)
    assert run_state.optim_wrappers(runner) == [('a', wrapper), ('b', wrapper)]
    assert run_state.accumulation(runner) == [3, 3]
    runner.optim_wrapper = dict(type='OptimWrapper')
    assert run_state.optim_wrappers(runner) == []


def test_random__a_process_that_was_not_there(monkeypatch):
    runner = runner_of()
    state = state_of(runner)
    seen = [torch.rand(1).item()]
    for rank in (1, 2, 1):
        monkeypatch.setattr(run_state, 'get_rank', lambda rank=rank: rank)
        run_state.restore_last(runner, state)
        seen.append(torch.rand(1).item())
    assert seen[1] == seen[3]
    assert len(set(seen)) == 3


PROCESSES = """
import os, sys
from types import SimpleNamespace
import torch
from torch import distributed
rank = int(sys.argv[1])
distributed.init_process_group(
    'gloo', init_method='file://' + sys.argv[2], rank=rank, world_size=2
)
from mmssl.engine import run_state
model = torch.nn.BatchNorm1d(2)
model.running_mean.fill_(rank + 1.0)
average = torch.nn.BatchNorm1d(2)
average.running_var.fill_(rank + 5.0)
runner = SimpleNamespace(
    model=model, hooks=[SimpleNamespace(average=average, model=model)]
)
mine = run_state._differing_buffers(runner)
assert bool(mine) == (rank == 1), mine
from mmengine.dist import gather_object, broadcast_object_list
processes = [[dict(buffers=b) for b in gather_object(mine) or ()]]
broadcast_object_list(processes)
model.running_mean.zero_()
average.running_var.zero_()
model.running_var.fill_(7.0)
with torch.no_grad():
    run_state._restore_buffers(runner, processes[0])
print(model.running_mean.tolist(), average.running_var.tolist(),
      model.running_var.tolist(), sorted(mine))
"""


@pytest.mark.slow
def test_buffers__of_each_process(tmp_path):
    started = [
        subprocess.Popen(
            [sys.executable, '-c', PROCESSES, f'{rank}', f'{tmp_path}/meet'],
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    shown = [process.communicate(timeout=60)[0].strip() for process in started]
    # process 0 has its own from the weights, which it wrote
    assert shown[0] == '[0.0, 0.0] [0.0, 0.0] [7.0, 7.0] []'
    assert shown[1] == (
        "[2.0, 2.0] [6.0, 6.0] [7.0, 7.0] ['SimpleNamespace.average', 'model']"
    )


class CountingHook:
    def __init__(self, count=0):
        self.count = count

    def process_state(self):
        return dict(count=self.count)

    def load_process_state(self, state):
        self.count = state['count']


@pytest.mark.parametrize(
    ('accumulate', 'processes', 'expected'), [(3, 1, 7), (2, 1, 0), (3, 2, 0)]
)
def test_hooks__state_of_a_process(accumulate, processes, expected):
    runner = runner_of()
    runner.hooks = [object(), CountingHook(7)]
    state = state_of(runner)
    state['processes'] *= processes
    resumed = runner_of(accumulate)
    resumed.hooks = [CountingHook()]
    run_state.restore(resumed, state)
    assert resumed.hooks[0].count == expected
    del state['processes'][0]['hooks']  # of an older version
    run_state.restore(resumed, state)
    assert resumed.hooks[0].count == expected
