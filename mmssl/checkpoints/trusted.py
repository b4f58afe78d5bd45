"""The one place that runs what a file says, for a converter's ``--trust``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch

from mmssl.checkpoints.pickle_globals import CheckpointError

_RULE = '!' * 72


def load_trusted(path: str | Path) -> Any:
    """Read a checkpoint with the plain unpickler, after a loud warning.

    THIS RUNS ANY PROGRAM THAT THE FILE HOLDS, with the rights of the caller.
    It serves to convert a published file once; what is written then is plain
    data.

    Args:
        path: A file of ``torch.save``.

    Returns:
        What the file holds, on the CPU.

    Raises:
        CheckpointError: The file is damaged, or classes it names are missing.
        FileNotFoundError: No such file.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f'there is no checkpoint {str(path)!r}')
    print(
        f'{_RULE}\n--trust: {path} is read as a program, and everything it '
        'says is run now\nwith your rights. Do this only with files whose '
        f'makers you trust.\n{_RULE}',
        file=sys.stderr,
        flush=True,
    )
    try:
        return torch.load(path, map_location='cpu', weights_only=False)
    except Exception as error:
        raise CheckpointError(
            f'{path} could not be read even with --trust: '
            f'{type(error).__name__}: {error}'
        ) from error
