"""Start from a checkpoint without some of its parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmengine.hooks import Hook

from mmssl.registry import HOOKS


@HOOKS.register_module()
class StartWithoutHook(Hook):
    """Leave parts of a file out where a run starts from it (``load_from``).

    They keep what the config gave them: a DINO run's centre, for example,
    belongs to its own targets, and SOLIDER begins with a new one. A run that
    is resumed loads everything.

    Args:
        parts: Names of modules or tensors in the model; all below them is
            left out.

    Raises:
        ValueError: No name is given.
    """

    # Before the report on what fits, and what fills the model.
    priority = 'NORMAL'

    def __init__(self, parts: Sequence[str] = ('head',)) -> None:
        if isinstance(parts, str) or not parts:
            raise ValueError(
                f"parts must be a list of names such as ['head'], got "
                f'{parts!r}'
            )
        self.parts = tuple(parts)

    def after_load_checkpoint(self, runner: Any, checkpoint: dict) -> None:
        """Take the parts out of what is about to be loaded.

        Args:
            runner: Says whether it is resumed.
            checkpoint: What the file holds; changed.
        """
        if runner._resume:
            return
        state = checkpoint.get('state_dict', checkpoint)
        below = tuple(f'{part}.' for part in self.parts)
        found = [n for n in state if n in self.parts or n.startswith(below)]
        for name in found:
            del state[name]
        runner.logger.info(
            f'not loaded, as {type(self).__name__} says: '
            + (', '.join(found) or 'nothing of that name is in the file')
        )
