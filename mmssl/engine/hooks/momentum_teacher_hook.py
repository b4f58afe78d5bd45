"""Move the teacher once after each step of the optimiser."""

from __future__ import annotations

from typing import Any

import torch
from mmengine.hooks import Hook

from mmssl.engine.run_state import accumulation, optim_wrappers
from mmssl.registry import HOOKS
from mmssl.utils.model_wrapper import unwrapped
from mmssl.utils.momentum_schedule import check_momentum, cosine_momentum


@HOOKS.register_module()
class MomentumTeacherHook(Hook):
    """Call the model's ``update_teacher`` after each step that was taken.

    m = end - (end - momentum) (cos(pi step / total) + 1) / 2, where ``step``
    counts the run's steps from 0 and ``total`` is their number; under
    gradient accumulation that are fewer than iterations. A step that is left
    out (by :class:`FiniteGuardHook` or a GradScaler) moves no teacher, but
    counts for the schedule, as it does for that of the learning rate. So the
    schedule follows from the iteration alone, and a resumed run goes on
    exactly. A model with ``leave_out_step`` is told of such a step, so that
    it can forget what it has noted for it (a centre, a queue).

    Logs ``teacher_momentum``.

    Source: the published SCRL, ``trainer/trainer.py``; Grill et al. 2020.
    Deviates: the published code moves the teacher after a step that the
        GradScaler left out, too.

    Args:
        momentum: m of the first step, the weight of the old teacher.
        end: m at the end of the run.

    Raises:
        ValueError: ``momentum`` or ``end`` is not in [0, 1].
    """

    # Before whatever logs, evaluates or saves: the teacher belongs to the
    # weights of the same step.
    priority = 'NORMAL'

    def __init__(self, momentum: float = 0.97, end: float = 1.0) -> None:
        self.momentum = check_momentum(momentum)
        self.end = check_momentum(end, 'end')
        self._handle: Any = None
        self._stepped = False

    def before_train(self, runner: Any) -> None:
        """Listen to the optimiser's steps.

        Raises:
            TypeError: The model has no teacher, or there is not one
                optimizer wrapper.
        """
        model = unwrapped(runner.model)
        if not hasattr(model, 'update_teacher'):
            raise TypeError(
                f'{type(model).__name__} has no teacher (update_teacher): '
                'leave MomentumTeacherHook out'
            )
        wrappers = optim_wrappers(runner)
        if len(wrappers) != 1:
            raise TypeError(
                'MomentumTeacherHook follows the steps of one optim_wrapper, '
                f'got {len(wrappers)}'
            )
        note = self._note
        if runner.cfg.get('compile'):
            note = torch.compiler.disable(note)
        self._remove()
        self._stepped = False
        # Called by nobody but a step that runs: one that is forbidden, or
        # that a GradScaler leaves out, never gets there.
        optimizer = wrappers[0][1].optimizer
        self._handle = optimizer.register_step_post_hook(note)

    def _note(self, optimizer: Any, *_arguments: Any) -> None:
        """Note a step.

        Fused optimisers get the GradScaler's verdict and leave the step out
        themselves; to ask for it costs what the scaler saves with them, and
        no more than it costs with all others.
        """
        overflow = getattr(optimizer, 'found_inf', None)
        self._stepped = overflow is None or not bool(overflow)

    def after_train_iter(
        self,
        runner: Any,
        batch_idx: int,
        data_batch: Any = None,
        outputs: dict | None = None,
    ) -> None:
        """Move the teacher if a step was taken in this iteration."""
        model = unwrapped(runner.model)
        if not self._stepped:
            due = optim_wrappers(runner)[0][1].should_update()
            if due and hasattr(model, 'leave_out_step'):
                model.leave_out_step()
            return
        self._stepped = False
        momentum = self.momentum_at(runner)
        model.update_teacher(momentum)
        runner.message_hub.update_scalar('train/teacher_momentum', momentum)

    def momentum_at(self, runner: Any) -> float:
        """Return m of the step at the present iteration.

        Args:
            runner: ``iter``, ``max_iters`` and accumulation say which of how
                many steps it is; iterations at the end of the run that fill
                no accumulation make a step as well.
        """
        every = accumulation(runner)[0]
        step = -(-(runner.iter + 1) // every) - 1
        total = -(-runner.max_iters // every)
        return cosine_momentum(step, total, self.momentum, self.end)

    def after_train(self, runner: Any) -> None:
        """Listen no longer."""
        self._remove()

    def _remove(self) -> None:
        if self._handle is not None:
            self._handle.remove()
            self._handle = None


def warn_idle_teacher(runner: Any) -> None:
    """Say so if the model has a teacher that nothing moves.

    Training would go on, towards a teacher that stays as it was drawn.

    Args:
        runner: Before training.
    """
    model = unwrapped(runner.model)
    moved = any(isinstance(h, MomentumTeacherHook) for h in runner.hooks)
    if hasattr(model, 'update_teacher') and not moved:
        runner.logger.warning(
            f'{type(model).__name__} has a teacher, but no '
            'MomentumTeacherHook moves it: set default_hooks = dict(teacher='
            "dict(type='MomentumTeacherHook', momentum=0.97))"
        )
