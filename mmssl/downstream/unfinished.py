"""Go on with a job that was stopped, if it is the same job."""

from __future__ import annotations

import json
from pathlib import Path

from mmengine.dist import is_main_process

from mmssl.checkpoints.atomic import write_text_atomically

_STARTED = 'started.json'
_LAST = 'last_checkpoint'  # of mmengine


def begun(folder: str | Path, identity: str) -> Path | None:
    """Return the checkpoint that a stopped job can go on from.

    Args:
        folder: Of the job.
        identity: Of the job that is asked for.

    Returns:
        The last one that the same job has saved in the folder; None if there
        is none.
    """
    try:
        started = json.loads(Path(folder, _STARTED).read_text('utf-8'))
        saved = Path(folder, _LAST).read_text('utf-8').strip()
    except (OSError, ValueError):
        return None
    same = isinstance(started, dict) and started.get('identity') == identity
    file = Path(folder, Path(saved).name)  # the folder may have been moved
    return file if same and saved and file.is_file() else None


def note_start(folder: str | Path, identity: str) -> None:
    """Note which job writes into a folder; what another one left goes.

    Args:
        folder: Of the job; made if it is not there.
        identity: Of the job.
    """
    if not is_main_process():
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    if begun(folder, identity) is None:
        remove_checkpoints(folder)
    text = json.dumps(dict(identity=identity)) + '\n'
    write_text_atomically(text, Path(folder, _STARTED))


def remove_checkpoints(folder: str | Path) -> None:
    """Remove what a host saved in a folder.

    Args:
        folder: Of the job.
    """
    for file in Path(folder).glob('*.pth'):
        file.unlink()
    for name in (_LAST, _STARTED):
        Path(folder, name).unlink(missing_ok=True)
