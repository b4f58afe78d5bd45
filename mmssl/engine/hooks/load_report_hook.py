"""What ``resume`` and ``load_from`` bring into the model."""

from __future__ import annotations

from typing import Any

from mmengine.hooks import Hook
from mmengine.runner.base_loop import BaseLoop

from mmssl.checkpoints.load_hooks import after_load_hooks
from mmssl.checkpoints.load_report import (
    CheckpointMismatch,
    LoadReport,
    compare,
    state_of,
)
from mmssl.checkpoints.start import start_from
from mmssl.registry import HOOKS
from mmssl.utils.model_wrapper import unwrapped


@HOOKS.register_module()
class LoadReportHook(Hook):
    """Log what of a checkpoint fits the model; stop if it is too little.

    mmengine loads with ``strict=False`` and lists names. A run that goes on
    with a half-empty model is found out days later. What ``load_from`` names
    goes through :func:`~mmssl.checkpoints.start.start_from`.

    Args:
        resume: Share of the model's tensors that a checkpoint must have to
            be resumed from.
        load_from: The same for weights to start from, or to test. By
            default half, since a head is often new.

    Raises:
        ValueError: A share outside of [0, 1].
    """

    # after hooks that change what is loaded, such as EMAHook's
    priority = 'VERY_LOW'

    def __init__(self, resume: float = 1.0, load_from: float = 0.5) -> None:
        for name, share in (('resume', resume), ('load_from', load_from)):
            if not 0 <= share <= 1:
                raise ValueError(f'{name} must be in [0, 1], got {share}')
        self.shares = dict(resume=resume, load_from=load_from)
        self.report: LoadReport | None = None

    def after_load_checkpoint(self, runner: Any, checkpoint: dict) -> None:
        """Compare, before the model is filled.

        Args:
            runner: Has the model.
            checkpoint: What the file holds.

        Raises:
            CheckpointMismatch: Too little matches; the message names the
                likely cause and how to allow it.
        """
        model = unwrapped(runner.model)
        source = str(runner._load_from or 'checkpoint')
        lines: tuple[str, ...] = ()
        kind = 'resume' if runner._resume else 'load_from'
        if runner._resume:
            self.report = compare(
                after_load_hooks(model, state_of(checkpoint)),
                model.state_dict(),
                source=source,
                target=type(model).__name__,
            )
        else:
            start = start_from(model, checkpoint, source)
            self.report, lines = start.report, start.lines
            checkpoint['state_dict'] = start.state
        try:
            self.report.check(self.shares[kind])
        except CheckpointMismatch as error:
            raise CheckpointMismatch(
                f'{error}\n  to allow it: custom_hooks=[dict(type='
                f'"LoadReportHook", {kind}={self.report.share:.2f})]'
            ) from None
        self.report.announce()
        if lines and isinstance(runner._train_loop, BaseLoop):
            runner.logger.info('\n  '.join(['start of training:', *lines]))
