"""Watch whether the features of training collapse."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
from mmengine.dist import all_reduce, get_world_size
from mmengine.hooks import Hook
from torch import Tensor

from mmssl.probes.collapse import feature_std, rank_me
from mmssl.probes.features import named_module
from mmssl.probes.gather import gather_rows
from mmssl.probes.pooling import pool_outputs
from mmssl.registry import HOOKS
from mmssl.utils.model_wrapper import unwrapped

_DEFAULT = {'backbone': 'backbone', 'projection': 'neck'}


@HOOKS.register_module()
class CollapseHook(Hook):
    """Log the spread and the rank of the features of a training batch.

    They are taken from the pass that training makes anyway, of all views and
    all processes, every ``interval`` iterations; between them nothing is
    watched. In the log as ``collapse_{name}_std``
    (:func:`~mmssl.probes.collapse.feature_std`; 1 / sqrt(C) is even) and
    ``collapse_{name}_rank`` (:func:`~mmssl.probes.collapse.rank_me`; at most
    min(rows, C)). Warns once when features have collapsed, and says so when
    they have recovered.

    Args:
        interval: iterations between two looks.
        modules: name in the log -> module of the model. Default: ``backbone``,
            and ``projection``: the neck, if there is one.
        max_rows: features at most, of all processes together.
        min_spread: warn below this share of 1 / sqrt(C).
        min_rank: warn below this rank.

    Raises:
        ValueError: an argument is out of range.
    """

    # Before the log is written.
    priority = 'NORMAL'

    def __init__(
        self,
        interval: int = 50,
        modules: Mapping[str, str] | None = None,
        max_rows: int = 512,
        min_spread: float = 0.01,
        min_rank: float = 1.1,
    ) -> None:
        if interval < 1 or max_rows < 2 or min_spread < 0 or min_rank < 0:
            raise ValueError(
                'interval must be >= 1, max_rows >= 2, min_spread and '
                f'min_rank >= 0; got {interval}, {max_rows}, {min_spread} '
                f'and {min_rank}'
            )
        self.interval = interval
        self.modules = None if modules is None else dict(modules)
        self.max_rows = max_rows
        self.min_spread, self.min_rank = min_spread, min_rank
        self._seen: dict[str, list[Tensor]] = {}
        self._handles: list[Any] = []
        self._warned: set[str] = set()

    def before_train(self, runner: Any) -> None:
        """Find the modules.

        Raises:
            ValueError: the model has none of such a name.
        """
        model = unwrapped(runner.model)
        if self.modules is None:
            self.modules = {
                name: path
                for name, path in _DEFAULT.items()
                if getattr(model, path, None) is not None
            }
        for path in self.modules.values():
            named_module(model, path)

    def before_train_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None
    ) -> None:
        """Listen to the modules in an iteration that is due."""
        if (runner.iter + 1) % self.interval:
            return
        model = unwrapped(runner.model)
        self._drop()
        for name, path in (self.modules or {}).items():
            self._seen[name] = []
            handle = named_module(model, path).register_forward_hook(
                partial(self._keep, name)
            )
            self._handles.append(handle)

    def after_train_iter(
        self,
        runner: Any,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Any = None,
    ) -> None:
        """Log what was seen in an iteration that is due."""
        if (runner.iter + 1) % self.interval:
            return
        seen = self._seen
        self._drop()
        for name, passes in seen.items():
            rows = self._gathered(passes, runner)
            if len(rows) >= 2 and rows.isfinite().all():
                self._tell(runner, name, rows)

    def _keep(
        self, name: str, _module: Any, _inputs: Any, outputs: Any
    ) -> None:
        """Keep the features of one pass through a module."""
        with torch.no_grad():
            self._seen[name].append(pool_outputs(outputs))

    def _drop(self) -> None:
        """Listen no more."""
        for handle in self._handles:
            handle.remove()
        self._handles, self._seen = [], {}

    def _gathered(self, passes: list[Tensor], runner: Any) -> Tensor:
        """Return the rows of all processes, evenly chosen from each."""
        if passes:
            rows = torch.cat(passes)
        else:  # this process had nothing to compare, no box for instance
            device = next(runner.model.parameters()).device
            rows = torch.zeros(0, 0, device=device)
        share = max(self.max_rows // get_world_size(), 1)
        if len(rows) > share:
            place = torch.arange(share, device=rows.device)
            rows = rows[place * len(rows) // share]
        width = torch.tensor(rows.shape[1], device=rows.device)
        all_reduce(width, op='max')
        if not len(rows):
            rows = rows.new_zeros(0, int(width))
        return torch.cat(gather_rows(rows))

    def _tell(self, runner: Any, name: str, rows: Tensor) -> None:
        """Log the figures of some features; warn where they collapse."""
        std, rank = float(feature_std(rows)), float(rank_me(rows))
        hub = runner.message_hub
        hub.update_scalar(f'train/collapse_{name}_std', std)
        hub.update_scalar(f'train/collapse_{name}_rank', rank)
        even = 1 / math.sqrt(rows.shape[1])
        bad = std < self.min_spread * even or rank < self.min_rank
        if bad and name not in self._warned:
            runner.logger.warning(
                f'the features of {name} have collapsed: those of '
                f'{len(rows)} views hardly differ (std {std:.2g}, even '
                f'would be {even:.2g}; they use {rank:.2f} of '
                f'{min(rows.shape)} possible dimensions). What is learned '
                'from here on is probably of no use: lower the learning '
                'rate, check momentum and weight decay, or look at the views '
                'with mmssl browse'
            )
        if not bad and name in self._warned:
            runner.logger.info(f'the features of {name} spread again')
        self._warned = (self._warned - {name}) | ({name} if bad else set())
