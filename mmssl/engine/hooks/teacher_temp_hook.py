"""Raise the temperature of DINO's teacher at the beginning of training."""

from __future__ import annotations

from typing import Any

from mmengine.hooks import Hook

from mmssl.engine.run_position import Length
from mmssl.registry import HOOKS
from mmssl.utils.model_wrapper import unwrapped


def warmup_temp(done: int, length: int, start: float, end: float) -> float:
    """Return a temperature on the way from start to end.

    ``start + (end - start) done / (length - 1)`` for ``done < length``, then
    ``end``: the first of ``length`` epochs has ``start``, the last has
    ``end``.

    Args:
        done: Epochs over, 0 in the first.
        length: Epochs of the warm-up.
        start: Temperature of the first epoch.
        end: Temperature from the last epoch of the warm-up on.

    Source: ``teacher_temp_schedule`` of the published DINO's loss.

    Example:
        >>> [round(warmup_temp(k, 4, 0.04, 0.07), 3) for k in (0, 1, 3, 9)]
        [0.04, 0.05, 0.07, 0.07]
    """
    if done >= length:
        return end
    return start + (end - start) * done / max(length - 1, 1)


@HOOKS.register_module()
class TeacherTempHook(Hook):
    """Set the teacher's temperature of the model's head: :func:`warmup_temp`.

    It follows from the number of the epoch or iteration, so a resumed run
    goes on exactly. It is never 0: a teacher's scores are divided by it.

    Logs ``teacher_temp``.

    Args:
        start: Temperature at the beginning.
        end: Temperature after the warm-up; it replaces the head's
            ``teacher_temp``.
        epochs: Epochs of the warm-up; 0 for none.
        steps: Steps of the optimiser instead of epochs.

    Raises:
        ValueError: A temperature is not above 0, or a length is negative.
    """

    def __init__(
        self,
        start: float = 0.04,
        end: float = 0.07,
        epochs: int = 30,
        steps: int | None = None,
    ) -> None:
        for name, value in (('start', start), ('end', end)):
            if not value > 0:
                raise ValueError(
                    f'TeacherTempHook: {name} must be above 0, got {value}: '
                    "a teacher's scores are divided by its temperature, 0.04 "
                    'to 0.07, say'
                )
        self.start, self.end = float(start), float(end)
        self.length = Length(epochs, steps, 'TeacherTempHook')

    def before_train(self, runner: Any) -> None:
        """Look for the head.

        Raises:
            LaunchError: Epochs are given, but the run goes by iterations.
            TypeError: The model's head has no teacher's temperature.
        """
        self.length.check(runner)
        model = unwrapped(runner.model)
        if not hasattr(getattr(model, 'head', None), 'teacher_temp'):
            raise TypeError(
                f'{type(model).__name__} has no head with a teacher_temp: '
                'leave TeacherTempHook out, or use a DINOHead'
            )

    def before_train_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None
    ) -> None:
        """Set the temperature of this iteration."""
        done = self.length.done(runner)
        temp = warmup_temp(done, self.length.number, self.start, self.end)
        unwrapped(runner.model).head.teacher_temp = temp
        runner.message_hub.update_scalar('train/teacher_temp', temp)
