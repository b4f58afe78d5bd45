"""One step and one prediction before the training, to see whether they work.

What does not fit shows here, in a second, and not after hours. Weights,
statistics and random generators are left as they were.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from mmssl.downstream.errors import HandOffError
from mmssl.utils.random_state import random_state, set_random_state

_IMAGES = 4  # of the step; batch norms need more than one


def try_task(
    model: nn.Module, train: DataLoader, test: DataLoader, about: str
) -> None:
    """Compute the losses of some images, and predict one.

    Args:
        model: Of a host, ready to be trained.
        train: Its loader; the data set is asked, the order is not touched.
        test: The same.
        about: Task and backbone, for the message.

    Raises:
        HandOffError: Data cannot be read, or the model fails.
    """
    with _untouched(model):
        batch = _batch(train, min(_IMAGES, train.batch_size or _IMAGES))
        model.train()
        losses = _guarded(
            lambda: model._run_forward(  # type: ignore[operator]
                model.data_preprocessor(batch, True),  # type: ignore[operator]
                mode='loss',
            ),
            f'a step of training fails with {about}',
        )
        _check_losses(losses, about)
        one = _batch(test, 1)
        model.eval()
        with torch.no_grad():
            _guarded(
                lambda: model.test_step(one),  # type: ignore[operator]
                f'a prediction fails with {about}',
            )


def _batch(loader: DataLoader, number: int) -> Any:
    """Return the first images of a loader's data set as one batch."""
    dataset: Any = loader.dataset
    if len(dataset) == 0:
        raise HandOffError('data', f'{_where(dataset)} has no images')
    try:
        samples = [dataset[i] for i in range(min(number, len(dataset)))]
    except Exception as error:
        raise HandOffError(
            'data',
            f'{_where(dataset)}: its first images cannot be read: '
            f'{type(error).__name__}: {error}',
        ) from error
    return loader.collate_fn(samples)


def _where(dataset: Any) -> str:
    """Return what a data set is read from."""
    places = [
        str(value)
        for value in (
            getattr(dataset, 'ann_file', ''),
            getattr(dataset, 'data_root', ''),
        )
        if value
    ]
    return f'{type(dataset).__name__} of {" in ".join(places) or "no file"}'


def _guarded(call: Any, what: str) -> Any:
    """Call a model; its failure is the pair's, and told as such."""
    try:
        return call()
    except Exception as error:
        raise HandOffError(
            'misfit', f'{what}: {type(error).__name__}: {error}'
        ) from error


def _check_losses(losses: Any, about: str) -> None:
    """Refuse losses that are no numbers before anything was learnt."""
    if not isinstance(losses, Mapping):
        return
    for name, value in losses.items():
        parts = value if isinstance(value, (list, tuple)) else [value]
        for part in parts:
            if isinstance(part, Tensor) and not torch.isfinite(part).all():
                raise HandOffError(
                    'misfit',
                    f'{name} is {part.detach().float().mean().item()} before '
                    f'the first step, with {about}',
                )


@contextmanager
def _untouched(model: nn.Module) -> Iterator[None]:
    """Put buffers, mode and random generators back at the end."""
    buffers = {name: b.clone() for name, b in model.named_buffers()}
    was, drawn = model.training, random_state()
    try:
        yield
    finally:
        for name, buffer in model.named_buffers():
            if name in buffers and buffer.shape == buffers[name].shape:
                buffer.copy_(buffers[name])
        model.train(was)
        set_random_state(drawn)
