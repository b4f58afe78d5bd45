"""One process writes a checkpoint, and all of them know how it ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mmengine.dist import broadcast_object_list, is_main_process

from mmssl.checkpoints.atomic import CheckpointWriteError, write_checkpoint


def write_on_main(checkpoint: Any, path: str | Path) -> None:
    """Write a checkpoint in the first process; call it in every one.

    Every process leaves when the file is there. A full disk is an error in
    all of them: otherwise the first would stop, or try again, while the
    others wait for it at the next exchange of gradients.

    Args:
        checkpoint: What is written; used in the first process only.
        path: Where it goes.

    Raises:
        CheckpointWriteError: It could not be written.
        RuntimeError: The first process failed for another reason (there,
            that reason itself).
    """
    problem: list[Any] = [None]
    failed: Exception | None = None
    if is_main_process():
        try:
            write_checkpoint(checkpoint, path)
        except Exception as error:
            failed = error
            known = isinstance(error, CheckpointWriteError)
            problem = [(known, str(error), getattr(error, 'errno', None))]
    broadcast_object_list(problem)
    if failed is not None:
        raise failed
    if problem[0] is None:
        return
    is_write_error, text, number = problem[0]
    if not is_write_error:
        raise RuntimeError(f'the first process failed: {text}')
    told = CheckpointWriteError(text)
    told.errno = number
    raise told
