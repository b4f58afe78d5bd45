"""Cut a training step into parts, without any help of the model.

What runs inside a module with parameters is the network. What runs outside
of all of them, from the model's inputs to the sum of its losses, is the
method's own work: targets, boxes, clusters, losses. So a method that does not
exist yet is measured as soon as it trains.

Backward passes are cut at the same borders. Autograd works off its nodes in
the reverse order of their making, on one thread; hooks on the outputs and
inputs of a module say when its turn comes and when it is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Callable, NamedTuple

import torch
from mmengine.optim import OptimWrapper
from torch import Tensor, nn

from mmssl.engine.profiling.clocks import Clock, Span
from mmssl.utils.stages import listen

KINDS = ('input', 'backbone', 'network', 'method', 'optimizer')
REST = 'rest of the step'
_NETWORK = ('backbone', 'network')
# Deep enough for teacher.head.layers; the outermost module that runs counts.
_DEPTH = 3


class Label(NamedTuple):
    """Part of a step.

    Attributes:
        phase: 'input', 'forward', 'backward' or 'optimizer'.
        name: Module or stage.
        kind: One of :data:`KINDS`.
    """

    phase: str
    name: str
    kind: str


class StepRecorder:
    """Notes when which part of a step begins.

    Args:
        clock: Of the device.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._marks: list[tuple[Label, Any]] = []
        self._stack: list[tuple[Label, object]] = []

    @property
    def label(self) -> Label | None:
        """The part that runs now."""
        return self._stack[-1][0] if self._stack else None

    @property
    def owner(self) -> object:
        """Whose part it is."""
        return self._stack[-1][1] if self._stack else None

    def push(self, label: Label, owner: object = None) -> None:
        """Begin a part inside the one that runs."""
        self._stack.append((label, owner))
        self._mark(label)

    def pop(self, owner: object = None) -> None:
        """End the part of ``owner``; nothing if another one runs."""
        if self._stack and self._stack[-1][1] is owner:
            self._stack.pop()
            if self._stack:
                self._mark(self._stack[-1][0])

    def turn(self, label: Label) -> None:
        """Replace the part that runs (backward)."""
        if self.label != label and self._stack:
            self._stack[-1] = label, self._stack[-1][1]
            self._mark(label)

    def enter(self, name: str) -> None:
        """Begin a stage that a method names."""
        now = self.label
        if now is not None and now.kind not in _NETWORK:
            self.push(Label(now.phase, name, 'method'), name)

    def leave(self, name: str) -> None:
        """End it."""
        self.pop(name)

    def finish(self) -> dict[Label, Span]:
        """End the step and return the time of each part.

        Returns:
            Label -> time, in order of first appearance; they add up to the
            whole step.
        """
        stamps = [stamp for _, stamp in self._marks] + [self.clock.stamp()]
        parts: dict[Label, Span] = {}
        for (label, _), span in zip(self._marks, self.clock.spans(stamps)):
            known = parts.get(label, Span(0.0, 0.0))
            parts[label] = Span(known.wall + span.wall, known.cpu + span.cpu)
        self._marks.clear()
        self._stack.clear()
        return parts

    def _mark(self, label: Label) -> None:
        self._marks.append((label, self.clock.stamp()))


@contextmanager
def recorded(
    recorder: StepRecorder, model: nn.Module, wrapper: OptimWrapper
) -> Iterator[None]:
    """Let ``recorder`` follow the training steps of a model.

    Args:
        recorder: Told of every border.
        model: Any mmengine model; its hooks are removed at the end.
        wrapper: Its optimiser's.
    """
    with ExitStack() as stack:
        for name, module in _followed(model):
            for handle in _hooks(recorder, name, module):
                stack.callback(handle.remove)
        backward = Label('backward', REST, 'method')
        _around(stack, recorder, wrapper, 'backward', backward)
        optimizer = Label('optimizer', 'optimizer', 'optimizer')
        for name in ('step', 'zero_grad'):
            _around(stack, recorder, wrapper, name, optimizer)
        stack.enter_context(listen(recorder))
        yield


def _followed(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Yield the modules that are worth a line of their own."""
    for name, module in model.named_modules():
        depth = name.count('.') + 1
        own = any(True for _ in module.parameters())
        if name and depth <= (_DEPTH if own else 2):
            yield name, module


def _kind(name: str, module: nn.Module) -> str:
    """Tell the network from the method's own modules."""
    if name.split('.')[-1] == 'backbone':
        return 'backbone'
    own = any(True for _ in module.parameters())
    return 'network' if own else 'method'


def _hooks(recorder: StepRecorder, name: str, module: nn.Module) -> list[Any]:
    """Register the hooks of one module."""
    if name == 'data_preprocessor':
        label = Label('input', 'copy and normalise', 'input')
    else:
        label = Label('forward', name, _kind(name, module))

    def before(module: nn.Module, args: tuple) -> None:
        now = recorder.label
        if now is None or now.phase != 'forward' or now.kind in _NETWORK:
            return
        recorder.push(_inside(label, recorder), module)

    def after(
        module: nn.Module, args: tuple, kwargs: dict, output: Any
    ) -> None:
        now = recorder.label if recorder.owner is module else None
        recorder.pop(module)
        if now is not None and now.phase == 'forward':
            _follow_back(recorder, now, (args, kwargs), output)

    return [
        module.register_forward_pre_hook(before),
        module.register_forward_hook(after, with_kwargs=True),
    ]


def _inside(label: Label, recorder: StepRecorder) -> Label:
    """Tell a network's passes within a stage from its others."""
    if label.kind in _NETWORK and isinstance(recorder.owner, str):
        return label._replace(name=f'{label.name} ({recorder.owner})')
    return label


def _follow_back(
    recorder: StepRecorder, label: Label, inputs: Any, outputs: Any
) -> None:
    """Have the backward pass tell of a module."""
    mine = Label('backward', label.name, label.kind)
    rest = Label('backward', REST, 'method')

    def begin(grad: Tensor) -> None:
        recorder.turn(mine)

    def end(grad: Tensor) -> None:
        if recorder.label == mine:
            recorder.turn(rest)

    for tensor in _tensors(outputs):
        if tensor.requires_grad:
            tensor.register_hook(begin)
    for tensor in _tensors(inputs):
        if tensor.requires_grad:
            tensor.register_hook(end)


def _tensors(value: Any) -> Iterable[Tensor]:
    """Yield the tensors of nested tuples, lists and dicts."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _tensors(part)
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from _tensors(part)


def _around(
    stack: ExitStack,
    recorder: StepRecorder,
    target: Any,
    name: str,
    label: Label,
) -> None:
    """Make one method of an object a part; undone when the stack ends."""
    method: Callable = getattr(target, name)

    def timed(*args: Any, **kwargs: Any) -> Any:
        recorder.push(label, timed)
        try:
            return method(*args, **kwargs)
        finally:
            recorder.pop(timed)

    setattr(target, name, timed)
    stack.callback(delattr, target, name)


def record_step(
    recorder: StepRecorder,
    model: Any,
    batch: Any,
    wrapper: OptimWrapper,
) -> tuple[dict[Label, Span], dict[str, torch.Tensor]]:
    """Run one training step and time its parts.

    Args:
        recorder: Within :func:`recorded`.
        model: mmengine model in training mode.
        batch: What the data loader gave.
        wrapper: Optimiser wrapper.

    Returns:
        Label -> time, and the losses of the step.
    """
    recorder.clock.synchronize()
    recorder.push(Label('forward', REST, 'method'))
    losses = model.train_step(batch, wrapper)
    return recorder.finish(), losses
