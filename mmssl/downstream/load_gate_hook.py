"""Look at a host's model when it is ready, and stop before the first step."""

from __future__ import annotations

import time
from typing import Any

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper

from mmssl.checkpoints.load_report import LoadReport
from mmssl.downstream.exported import Exported
from mmssl.downstream.load_gate import check_values
from mmssl.downstream.trial import try_task


class LoadGateHook(Hook):
    """Compares the backbone with its file, and tries one step.

    The host has built the model and initialised it its own way, and the
    first step is next: what is seen here is what is trained.

    Args:
        exported: The backbone of the job.
        names: What a comparison of names and shapes said; None: random
            weights, or a run that goes on.
        about: Task and backbone, for messages.
    """

    priority = 'VERY_HIGH'

    def __init__(
        self, exported: Exported, names: LoadReport | None, about: str
    ) -> None:
        self.exported = exported
        self.names = names
        self.about = about
        self.started = 0.0

    def before_train(self, runner: Any) -> None:
        """Check, try, and note the time.

        Args:
            runner: Of the host.

        Raises:
            HandOffError: A tensor did not arrive, or a step fails.
        """
        model = runner.model
        if is_model_wrapper(model):
            model = model.module
        fresh = runner.iter == 0
        if self.names is not None and fresh:
            check_values(self.exported, model.backbone, self.names)
        if fresh:
            try_task(
                model,
                runner.train_loop.dataloader,
                runner.test_loop.dataloader,
                self.about,
            )
        self.started = time.perf_counter()
