"""Measure a config from its files to its weights, in one run."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from mmengine.config import Config
from mmengine.optim import OptimWrapper, build_optim_wrapper
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from mmssl.engine.profiling.clocks import Clock, clock_of
from mmssl.engine.profiling.memory import peak_mib, reset_peak
from mmssl.engine.profiling.step_memory import step_peak_mib
from mmssl.engine.profiling.step_recorder import (
    StepRecorder,
    record_step,
    recorded,
)
from mmssl.engine.profiling.step_times import Parts, typical_step
from mmssl.engine.speed_options import apply_model_options
from mmssl.engine.throughput import count_images
from mmssl.registry import MODELS


class Settings(NamedTuple):
    """How much is measured.

    Attributes:
        iterations: Steps of each kind that count.
        warm_up: Steps before them.
        samples: Samples of the input pipeline.
        device: 'cpu', 'cuda', ...
    """

    iterations: int = 10
    warm_up: int = 3
    samples: int = 100
    device: str = 'cpu'


class Loop(NamedTuple):
    """A plain training loop on the config's data loader, seconds.

    Attributes:
        waits: Of each iteration: until the loader gave its batch.
        whole: Of each iteration, wait included.
    """

    waits: list[float]
    whole: list[float]

    @property
    def wait_share(self) -> float:
        """Share of the whole time that was spent waiting."""
        return sum(self.waits) / sum(self.whole)


class Measured(NamedTuple):
    """What :func:`measure_training` found.

    Attributes:
        loop: With data.
        step: Parts of a step on a batch at hand.
        bound: Parts of a step on random tensors that are on the device.
        flops: Of one step.
        memory_mib: Peak of the loop with data.
        step_memory_mib: Peak of what tensors take in a step.
        batch_size: Images of a step.
        shapes: Of the inputs.
    """

    loop: Loop
    step: Parts
    bound: Parts
    flops: float
    memory_mib: float
    step_memory_mib: float
    batch_size: int
    shapes: list[list[int]]


def build_training(cfg: Config, device: str) -> tuple[Any, OptimWrapper]:
    """Build model and optimiser of a config, without a Runner.

    Args:
        cfg: Config of a training run.
        device: Where the model goes.

    Returns:
        The model in training mode, and its optimiser wrapper.
    """
    init_default_scope(cfg.get('default_scope') or 'mmssl')
    torch.manual_seed(0)
    model = MODELS.build(cfg.model)
    model.init_weights()
    model = model.to(torch.device(device)).train()
    apply_model_options(model, cfg.get('speed'))
    wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    wrapper.initialize_count_status(model, 0, 10**9)
    if hasattr(model, 'update_teacher'):
        _follow_student(model, wrapper)
    return model, wrapper


def _follow_student(model: Any, wrapper: OptimWrapper) -> None:
    """Have a teacher moved after each step, as a hook does in training."""

    def move(*_arguments: Any) -> None:
        model.update_teacher(0.99)

    wrapper.optimizer.register_step_post_hook(move)


def measure_training(cfg: Config, settings: Settings) -> Measured:
    """Run the loop, the steps and the bound.

    Args:
        cfg: Config of a training run.
        settings: How much.
    """
    device = torch.device(settings.device)
    clock = clock_of(device)
    options = cfg.get('env_cfg') or {}
    torch.backends.cudnn.benchmark = bool(options.get('cudnn_benchmark'))
    model, wrapper = build_training(cfg, settings.device)
    batches = endless(Runner.build_dataloader(cfg.train_dataloader, seed=0))
    batch = next(batches)
    flops = count_flops(model, batch, wrapper)
    reset_peak(device)
    loop = run_loop(model, wrapper, batches, settings, clock)
    memory = peak_mib(device)
    batches.close()  # ends the workers, which would disturb what follows
    step_memory = measure_memory(model, wrapper, batch, device)
    step, bound = run_steps(model, wrapper, batch, settings, clock)
    with torch.no_grad():
        inputs = model.data_preprocessor(batch, True)['inputs']
    return Measured(
        loop=loop,
        step=step,
        bound=bound,
        flops=flops,
        memory_mib=memory,
        step_memory_mib=step_memory,
        batch_size=count_images(batch),
        shapes=[list(t.shape) for t in flat_tensors(inputs)],
    )


def measure_memory(
    model: Any, wrapper: OptimWrapper, batch: Any, device: torch.device
) -> float:
    """Return the peak of a step's tensors, accumulation included, MiB."""

    def step() -> None:
        for _ in range(wrapper._accumulative_counts):
            model.train_step(batch, wrapper)

    step()
    return step_peak_mib(step, model, wrapper.optimizer, device)


def endless(loader: Any) -> Generator[Any, None, None]:
    """Yield batches for ever."""
    while True:
        yield from loader


def run_loop(
    model: Any,
    wrapper: OptimWrapper,
    batches: Iterator[Any],
    settings: Settings,
    clock: Clock,
) -> Loop:
    """Train as a Runner does, and note how long batches take to come."""
    waits, whole = [], []
    for i in range(settings.warm_up + settings.iterations):
        if i == settings.warm_up:
            clock.synchronize()
        begin = time.perf_counter()
        batch = next(batches)
        got = time.perf_counter()
        model.train_step(batch, wrapper)
        if i == settings.warm_up + settings.iterations - 1:
            clock.synchronize()
        if i >= settings.warm_up:
            waits.append(got - begin)
            whole.append(time.perf_counter() - begin)
    return Loop(waits, whole)


def run_steps(
    model: Any,
    wrapper: OptimWrapper,
    batch: Any,
    settings: Settings,
    clock: Clock,
) -> tuple[Parts, Parts]:
    """Record steps on a batch at hand, in turns with steps on random data."""
    recorder = StepRecorder(clock)
    steps: list[Parts] = []
    bounds: list[Parts] = []
    cycle = wrapper._accumulative_counts
    rounds = -(-settings.iterations // cycle)
    prepared = random_like(model.data_preprocessor(batch, True))
    with recorded(recorder, model, wrapper):
        for i in range(rounds + 1):
            for _ in range(cycle):
                steps.append(record_step(recorder, model, batch, wrapper)[0])
            with _prepared(model.data_preprocessor, prepared):
                for _ in range(cycle):
                    parts, _ = record_step(recorder, model, batch, wrapper)
                    bounds.append(parts)
            if i == 0:  # the first ones pay for what is made once
                steps.clear()
                bounds.clear()
    return typical_step(steps, cycle), typical_step(bounds, cycle)


def random_like(prepared: dict[str, Any]) -> dict[str, Any]:
    """Fill the inputs of a prepared batch with random numbers."""
    for tensor in flat_tensors(prepared['inputs']):
        if tensor.is_floating_point():
            tensor.normal_()
    return prepared


@contextmanager
def _prepared(preprocessor: Any, prepared: dict[str, Any]) -> Iterator[None]:
    """Let a data preprocessor return what is on the device already."""
    preprocessor.forward = lambda data, training=False: prepared
    try:
        yield
    finally:
        del preprocessor.forward


def count_flops(model: Any, batch: Any, wrapper: OptimWrapper) -> float:
    """Return the floating-point operations of the products of one step.

    Convolutions, matrix products and attention, forward and backward; a
    multiplication with an addition counts as two.
    """
    with FlopCounterMode(display=False) as counter:
        model.train_step(batch, wrapper)
    return float(counter.get_total_flops())


def flat_tensors(value: Any) -> list[Tensor]:
    """Return the tensors in nested dicts and lists."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [tensor for part in value for tensor in flat_tensors(part)]
    return []
