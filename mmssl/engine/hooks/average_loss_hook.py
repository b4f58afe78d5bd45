"""Log the loss of the global batch instead of the first process's share."""

from __future__ import annotations

from typing import Any

import torch
from mmengine.dist import all_reduce, get_world_size
from mmengine.hooks import Hook

from mmssl.registry import HOOKS


@HOOKS.register_module()
class AverageLossHook(Hook):
    """Average what a training step returns over all processes.

    mmengine logs the values of rank 0. With equal batches per process, the
    mean over processes is the value that one process with the global batch
    would log, so curves of different numbers of GPUs lie on each other. One
    small all-reduce per iteration, before anything is logged.
    """

    priority = 'HIGHEST'

    def after_train_iter(
        self,
        runner: Any,
        batch_idx: int,
        data_batch: Any = None,
        outputs: dict | None = None,
    ) -> None:
        """Replace each scalar of ``outputs`` by its mean over processes.

        Args:
            runner: Unused.
            batch_idx: Unused.
            data_batch: Unused.
            outputs: Name -> scalar tensor or number; changed in place, since
                every later hook gets the same dict.
        """
        if not outputs or get_world_size() == 1:
            return
        device = next(
            (v.device for v in outputs.values() if torch.is_tensor(v)), None
        )
        names = list(outputs)
        values = [
            torch.as_tensor(outputs[name], dtype=torch.float64, device=device)
            for name in names
        ]
        means = torch.stack([value.detach().mean() for value in values])
        all_reduce(means, op='mean')
        outputs.update(zip(names, means.unbind()))
