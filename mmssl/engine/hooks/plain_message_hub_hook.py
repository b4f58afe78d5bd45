"""Checkpoints that ``torch.load(weights_only=True)`` can read."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np
import torch
from mmengine.hooks import Hook
from mmengine.logging import HistoryBuffer

from mmssl.registry import HOOKS


@HOOKS.register_module()
class PlainMessageHubHook(Hook):
    """Write the message hub of a checkpoint as plain data.

    mmengine pickles its HistoryBuffer objects, and those pickle functions;
    no safe reader of PyTorch takes them. Tensors and numbers say the same.
    On loading they become buffers again. A Runner without this hook skips
    them with a warning: the logged curves begin anew, nothing else changes.
    """

    priority = 'VERY_LOW'

    def before_save_checkpoint(self, runner: Any, checkpoint: dict) -> None:
        """Replace buffers and numpy scalars."""
        hub = checkpoint['message_hub']
        hub['log_scalars'] = OrderedDict(
            (name, to_plain(value))
            for name, value in hub['log_scalars'].items()
        )
        hub['runtime_info'] = OrderedDict(
            (name, value.item() if isinstance(value, np.generic) else value)
            for name, value in hub['runtime_info'].items()
        )

    def after_load_checkpoint(self, runner: Any, checkpoint: dict) -> None:
        """Make buffers again."""
        scalars = checkpoint.get('message_hub', {}).get('log_scalars', {})
        for name, value in scalars.items():
            scalars[name] = from_plain(value)


def to_plain(value: Any) -> Any:
    """Return a HistoryBuffer as a dict of tensors, others as they are.

    Example:
        >>> to_plain(HistoryBuffer([2.0], [1]))['log']
        tensor([2.], dtype=torch.float64)
    """
    if not isinstance(value, HistoryBuffer):
        return value
    log, count = (torch.from_numpy(np.asarray(part)) for part in value.data)
    return dict(log=log, count=count, max_length=value.max_length)


def from_plain(value: Any) -> Any:
    """Undo :func:`to_plain`.

    Example:
        >>> back = from_plain(to_plain(HistoryBuffer([2.0, 4.0], [1, 1])))
        >>> float(back.mean())
        3.0
    """
    if not isinstance(value, dict) or 'max_length' not in value:
        return value
    return HistoryBuffer(
        value['log'].cpu().numpy(),
        value['count'].cpu().numpy(),
        value['max_length'],
    )
