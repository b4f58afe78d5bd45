"""What a checkpoint must hold beside weights, for a run to go on exactly.

mmengine stores weights, optimizer, schedulers, logged history and the number
of the iteration. Here is the rest: random states of every process, gradients
that wait for the end of an accumulation, buffers that differ between
processes (batch statistics under DDP), what hooks know of their own process,
and the place in the data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from mmengine.dist import (
    broadcast_object_list,
    gather_object,
    get_rank,
    get_world_size,
)
from mmengine.optim import OptimWrapper, OptimWrapperDict
from torch import Tensor, nn

from mmssl.datasets.draw_seeding import SeededDataset
from mmssl.engine.buffer_snapshot import set_buffers
from mmssl.engine.gradients import copied_gradients, set_gradients
from mmssl.utils.model_wrapper import unwrapped
from mmssl.utils.random_state import seed_cpu_generators, set_random_state

VERSION = 1


def collect(runner: Any) -> dict[str, Any] | None:
    """Collect the state of a run; called by all processes together.

    Args:
        runner: An :class:`~mmssl.engine.runner.ExactRunner` that trains.

    Returns:
        The state as tensors and plain numbers; None but in process 0.
    """
    mine = dict(
        random=runner.training_random_state(),
        gradients=pending_gradients(runner),
        buffers=_differing_buffers(runner),
        hooks={name: hook.process_state() for name, hook in _stateful(runner)},
    )
    processes = gather_object(mine)
    if get_rank() != 0:
        return None
    loop = runner.train_loop
    state: dict[str, Any] = dict(
        version=VERSION,
        processes=processes,
        inner_counts={
            name: int(wrapper.inner_count)
            for name, wrapper in optim_wrappers(runner)
        },
        validated=bool(getattr(loop, 'validated', True)),
        seed=int(runner.seed),
    )
    if hasattr(loop, 'stream'):
        state['position'] = loop.stream.position.state_dict()
    state['data_seeds'] = {
        name: int(getattr(owner, key))
        for name, owner, key in _data_seeds(runner)
    }
    return state


def restore(runner: Any, state: Mapping[str, Any]) -> None:
    """Restore all but random states and counts, which come last.

    Args:
        runner: Its model and hooks have loaded the checkpoint.
        state: What :func:`collect` returned, with its conditions. Gradients
            that wait are dropped if another number is accumulated now, with
            what a model has noted of their step (``leave_out_step``).
    """
    seeds = state['data_seeds']
    for name, owner, key in _data_seeds(runner):
        setattr(owner, key, seeds.get(name, getattr(owner, key)))
    runner.train_loop.validated = state['validated']
    _restore_buffers(runner, state['processes'])
    if accumulation(runner) != state['conditions']['accumulation']:
        model = unwrapped(runner.model)
        if hasattr(model, 'leave_out_step'):
            model.leave_out_step()
        return
    if len(state['processes']) == get_world_size():
        known = state['processes'][get_rank()].get('hooks', {})
        for name, hook in _stateful(runner):
            if name in known:
                hook.load_process_state(known[name])
    set_gradients(unwrapped(runner.model), _own_gradients(state['processes']))


def restore_last(runner: Any, state: Mapping[str, Any]) -> None:
    """Restore what the start of training changes: after it, last of all.

    The random states of this process (one that was not there begins anew),
    and the optimizer wrappers' numbers of backward passes.
    """
    if get_rank() < len(state['processes']):
        set_random_state(state['processes'][get_rank()]['random'])
    else:
        seed_cpu_generators((state['seed'], runner.iter, get_rank()))
    if accumulation(runner) == state['conditions']['accumulation']:
        for name, wrapper in optim_wrappers(runner):
            count = state['inner_counts'].get(name, wrapper.inner_count)
            wrapper._inner_count = count


def _restore_buffers(runner: Any, processes: Sequence[Mapping]) -> None:
    """Restore this process's own buffers, if it is one of as many."""
    if len(processes) != get_world_size():
        return
    modules = dict(_modules(runner))
    for owner, values in processes[get_rank()]['buffers'].items():
        if owner in modules:
            set_buffers(modules[owner], values)


def _own_gradients(processes: Sequence[Mapping]) -> Mapping[str, Tensor]:
    """Return this process's gradients that wait.

    To other processes than before, each gets the mean, which is what the
    old ones would have made of them.
    """
    everyone = [process['gradients'] for process in processes]
    if len(everyone) == get_world_size():
        return everyone[get_rank()]
    return {
        name: torch.stack([each[name].float() for each in everyone])
        .mean(0)
        .to(first.dtype)
        for name, first in everyone[0].items()
        if all(name in each for each in everyone)
    }


def pending_gradients(runner: Any) -> dict[str, Tensor]:
    """Return name -> gradient, on the CPU, in the midst of accumulation.

    Each process has its own: DDP averages at the end of an accumulation.
    """
    wrappers = [wrapper for _, wrapper in optim_wrappers(runner)]
    if all(wrapper.should_update() for wrapper in wrappers):
        return {}
    return copied_gradients(unwrapped(runner.model))


def has_gradients(runner: Any) -> bool:
    """Whether gradients wait for the end of an accumulation."""
    return any(p.grad is not None for p in runner.model.parameters())


def optim_wrappers(runner: Any) -> list[tuple[str, OptimWrapper]]:
    """Return the optimizer wrappers by name; a single one has none."""
    wrapper = runner.optim_wrapper
    if isinstance(wrapper, OptimWrapperDict):
        return list(wrapper.items())
    return [('', wrapper)] if isinstance(wrapper, OptimWrapper) else []


def accumulation(runner: Any) -> list[int]:
    """Return how many gradients each optimizer wrapper accumulates."""
    return [
        wrapper._accumulative_counts for _, wrapper in optim_wrappers(runner)
    ]


def _stateful(runner: Any) -> Iterator[tuple[str, Any]]:
    """Yield the hooks that have a state of their process, by name.

    Those with ``process_state()`` and ``load_process_state(state)``.
    """
    for hook in runner.hooks:
        if hasattr(hook, 'process_state'):
            yield type(hook).__name__, hook


def _modules(runner: Any) -> Iterator[tuple[str, nn.Module]]:
    """Yield the modules with state: the model, and averages in hooks."""
    model = unwrapped(runner.model)
    yield 'model', model
    for hook in runner.hooks:
        for name, value in vars(hook).items():
            inside = isinstance(value, nn.Module) and value is not model
            if inside and value is not runner.model:
                yield f'{type(hook).__name__}.{name}', value


def _differing_buffers(runner: Any) -> dict[str, dict[str, Tensor]]:
    """Return the buffers that are not those of process 0."""
    if get_world_size() == 1:
        return {}
    mine = {
        owner: {
            name: buffer.detach().cpu()
            for name, buffer in module.named_buffers()
        }
        for owner, module in _modules(runner)
    }
    hashes = [
        {
            (owner, name): _digest(buffer)
            for owner, buffers in mine.items()
            for name, buffer in buffers.items()
        }
    ]
    own = dict(hashes[0])
    broadcast_object_list(hashes)
    found: dict[str, dict[str, Tensor]] = {}
    for owner, name in own:
        if own[owner, name] != hashes[0].get((owner, name)):
            found.setdefault(owner, {})[name] = mine[owner][name].clone()
    return found


def _digest(tensor: Tensor) -> bytes:
    """Return a hash of a CPU tensor's bytes."""
    flat = tensor.contiguous().reshape(-1).view(torch.uint8)
    return hashlib.blake2b(flat.numpy().tobytes(), digest_size=16).digest()


def _data_seeds(runner: Any) -> Iterator[tuple[str, Any, str]]:
    """Yield (name, owner, attribute) of the seeds that say what is drawn.

    A config without a seed gets another one when it is resumed.
    """
    loader = runner.train_dataloader
    dataset = loader.dataset
    if not isinstance(dataset, SeededDataset):  # cut off: num_batch_per_epoch
        dataset = getattr(dataset, '_dataset', None)
    inner = getattr(loader.batch_sampler, 'sampler', None)
    for name, owner, key in (
        ('sampler', loader.sampler, 'seed'),
        ('inner_sampler', inner, 'seed'),
        ('dataset', dataset, 'draw_seed'),
    ):
        if isinstance(getattr(owner, key, None), int):
            yield name, owner, key
