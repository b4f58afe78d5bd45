"""No step with nan or inf: stop or skip, and keep what it takes to see why."""

from __future__ import annotations

from typing import Any

import torch
from mmengine.dist import barrier, get_world_size, is_main_process
from mmengine.hooks import Hook
from torch import Tensor

from mmssl.engine.finite_report import (
    Problem,
    dump_problem,
    leave_out,
    problem_text,
)
from mmssl.engine.gradients import gradient_rows
from mmssl.engine.run_state import optim_wrappers
from mmssl.engine.skip_policy import SkipPolicy
from mmssl.engine.step_guard import Measured, NonFiniteError, StepGuard
from mmssl.engine.step_window import StepWindow
from mmssl.registry import HOOKS
from mmssl.utils.model_wrapper import unwrapped

_KEY = 'finite_guard'


@HOOKS.register_module()
class FiniteGuardHook(Hook):
    """Look at loss and gradients before every step, and log their norm.

    A step whose loss (of any process) or gradient is nan or inf is not
    taken: weights, optimizer and buffers stay as they were before its first
    batch, in all processes. The step is dumped for ``tools/misc/replay.py``;
    then the run stops, or goes on with the next batch.

    Logs ``grad_norm``, that of the whole step: after accumulation and the
    all-reduce, before clipping, without the loss scale (where mmengine clips
    by norm, it logs the same value itself); under a GradScaler also
    ``scale`` and ``scaler_skips``, the steps that the scaler left out.

    Args:
        action: 'stop' or 'skip'.
        max_skips: Bad steps in a row that are skipped before the run stops.
        max_total_skips: The same for all bad steps of a run.
        interval: Look at the gradients of each ``interval``-th step; at the
            loss always. 0 leaves gradients alone, and their norm out.
        dump_dir: Folder of the dumps, in the work dir; None dumps nothing.
        max_dumps: Dumps at most in that folder, those of earlier runs
            included.
        min_scale: With a GradScaler, overflow at this scale or below is a
            bad step.
        max_scaler_skips: With a GradScaler, more skips in a row than this
            are bad.

    Raises:
        ValueError: An argument is out of range.
    """

    # First of all: later hooks change what a step has returned.
    priority = 'HIGHEST'

    def __init__(
        self,
        action: str = 'stop',
        max_skips: int = 3,
        max_total_skips: int = 20,
        interval: int = 1,
        dump_dir: str | None = 'nan_dumps',
        max_dumps: int = 3,
        min_scale: float = 1.0,
        max_scaler_skips: int = 30,
    ) -> None:
        self.policy = SkipPolicy(
            action, max_skips, max_total_skips, min_scale, max_scaler_skips
        )
        if interval < 0 or max_dumps < 0:
            raise ValueError(
                f'interval and max_dumps must be >= 0, got {interval} and '
                f'{max_dumps}'
            )
        self.interval = interval
        self.dump_dir = dump_dir
        self.max_dumps = max_dumps
        self._runner: Any = None
        self._guards: dict[str, StepGuard] = {}
        self._window: StepWindow | None = None
        self._problem: Problem | None = None
        self._bad_iterations = 0
        self._loaded: dict[str, int] | None = None
        self._resumed: dict[str, Any] = {}

    def before_train(self, runner: Any) -> None:
        """Stand before the step of every optimizer wrapper."""
        if self._loaded is not None and runner.iter:
            self.policy.load_state(self._loaded)
        self._runner = runner
        self._problem = None
        self._window = StepWindow(unwrapped(runner.model))
        for name, wrapper in optim_wrappers(runner):
            guard = StepGuard(wrapper, self._decider(name), self._keep_out)
            guard.install()
            self._guards[name] = guard
        self._take_up()
        if not any(isinstance(h, _Last) for h in runner.hooks):
            runner.register_hook(_Last(self), 'LOWEST')

    def open_batch(self, runner: Any, batch: Any) -> None:
        """Keep what is needed to take the step again."""
        if self._window is not None:
            self._window.open(runner.iter, batch)

    def after_train_iter(
        self,
        runner: Any,
        batch_idx: int,
        data_batch: Any = None,
        outputs: dict | None = None,
    ) -> None:
        """Dump a bad step, then stop or go on."""
        window = self._window
        if window is None:
            return
        window.close(outputs)
        problem, self._problem = self._problem, None
        if problem is not None:
            self._handle(runner, problem)
            self._bad_iterations = window.length
        if all(w.should_update() for _, w in optim_wrappers(runner)):
            window.clear()

    def close_batch(self, runner: Any) -> None:
        """Keep what was skipped out of the averages that are logged."""
        if self._bad_iterations:
            leave_out(runner.message_hub, self._bad_iterations)
            self._bad_iterations = 0

    def before_collect_checkpoint(self, runner: Any) -> None:
        """The averages that are saved are those that the run goes on with."""
        self.close_batch(runner)

    def process_state(self) -> dict[str, Any]:
        """Return what this process knows of the step it is in."""
        guards = {n: g.state_dict() for n, g in self._guards.items()}
        window = self._window.state_dict() if self._window else {}
        return dict(guards=guards, window=window)

    def load_process_state(self, state: dict[str, Any]) -> None:
        """Keep what :meth:`process_state` returned for the start."""
        self._resumed = state

    def _take_up(self) -> None:
        """Go on in the step in which the run was saved."""
        state, self._resumed = self._resumed, {}
        known = state.get('guards', {})
        for name, guard in self._guards.items():
            if name in known:
                guard.load_state_dict(known[name])
        if self._window is not None:
            self._window.load_state_dict(state.get('window', {}))

    def after_train(self, runner: Any) -> None:
        """Leave the wrappers, and sum up."""
        self._leave()
        policy = self.policy
        if policy.skipped or policy.scaler_skipped:
            runner.logger.info(
                f'steps skipped in this run: {policy.skipped} that were not '
                f'finite, {policy.scaler_skipped} by the GradScaler'
            )

    def before_save_checkpoint(self, runner: Any, checkpoint: dict) -> None:
        """Keep the counts."""
        if any(self.policy.state().values()):
            checkpoint[_KEY] = self.policy.state()

    def after_load_checkpoint(self, runner: Any, checkpoint: dict) -> None:
        """Keep the counts until it is clear that the run is resumed."""
        self._loaded = checkpoint.get(_KEY)

    def _decider(self, name: str) -> Any:
        """Return the function that decides on the steps of one wrapper."""

        def decide(guard: StepGuard) -> bool:
            every = self.interval
            due = every > 0 and guard.steps % every == 0
            measured = guard.measure(with_gradients=due)
            verdict = self.policy.judge(measured)
            if verdict == 'bad':
                self._note(guard, measured)
                return False
            self._log(name, guard, measured)
            return True

        if self._runner.cfg.get('compile'):
            return torch.compiler.disable(decide)
        return decide

    def _keep_out(self, loss: Tensor) -> None:
        """Keep a bad batch out of the buffers at once.

        Its step is judged later; EMAHook and validations come before.
        """
        if self._window is not None:
            self._window.undo_if(~torch.isfinite(loss).all())

    def _note(self, guard: StepGuard, measured: Measured) -> None:
        """Note what is about to be cleared, and undo the forward passes."""
        model = unwrapped(self._runner.model)
        bad = any(not bool(torch.isfinite(v).all()) for v in guard.losses)
        if self._problem is None:
            rows = gradient_rows(model)
            self._problem = Problem(measured, bad, rows)
        if self._window is not None:
            self._window.undo()

    def _log(self, name: str, guard: StepGuard, measured: Measured) -> None:
        """Hand the norm and the loss scale to the log."""
        hub, prefix = self._runner.message_hub, f'{name}.' if name else ''
        if measured.norm is not None and not guard.logs_norm:
            hub.update_scalar(f'train/{prefix}grad_norm', measured.norm)
        if measured.scale is not None:
            hub.update_scalar(f'train/{prefix}scale', measured.scale)
            skips = self.policy.scaler_skipped
            hub.update_scalar(f'train/{prefix}scaler_skips', skips)

    def _handle(self, runner: Any, problem: Problem) -> None:
        """Dump, tell, and stop if it has to be."""
        window: Any = self._window
        reason = self.policy.count_skip()
        dumped = dump_problem(
            runner, window, problem, self.dump_dir, self.max_dumps
        )
        text = problem_text(
            runner, window, problem, dumped, self.policy, reason
        )
        if not reason:
            runner.logger.warning(text)
            return
        self._leave()
        if is_main_process():
            runner.logger.error(text)
        if get_world_size() > 1:
            # A launcher kills the others once a process ends.
            barrier()
        raise NonFiniteError(text)

    def _leave(self) -> None:
        for guard in self._guards.values():
            guard.remove()
        self._guards, self._window = {}, None


class _Last(Hook):
    """Opens and closes a batch after all other hooks.

    Those before the forward pass may draw numbers or change buffers; those
    after it log.

    Args:
        guard: Whose batches.
    """

    priority = 'LOWEST'

    def __init__(self, guard: FiniteGuardHook) -> None:
        self._guard = guard

    def before_train_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None
    ) -> None:
        self._guard.open_batch(runner, data_batch)

    def after_train_iter(
        self,
        runner: Any,
        batch_idx: int,
        data_batch: Any = None,
        outputs: dict | None = None,
    ) -> None:
        self._guard.close_batch(runner)
