"""Which checkpoint of a work dir a run goes on from."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.safe_load import load_checkpoint

_POINTER = 'last_checkpoint'


def latest_checkpoint(work_dir: str | Path) -> Path | None:
    """Return the newest checkpoint of a work dir that a run can go on from.

    That is the one named in ``last_checkpoint`` (found also where the work
    dir was moved), unless it is broken; then the one of the most iterations
    among the others. Every file is read and checked before it is chosen;
    broken ones are warned about by name.

    Args:
        work_dir: Folder of the run.

    Returns:
        The file, None if the folder holds no checkpoint at all.

    Raises:
        CheckpointError: There are checkpoints, and none can be used.
    """
    refused: dict[Path, str] = {}
    for file in _candidates(Path(work_dir)):
        problem = why_unusable(file)
        if problem is None:
            for broken, why in refused.items():
                warnings.warn(f'{broken} is passed over: {why}')
            return file
        refused[file] = problem
    if not refused:
        return None
    raise CheckpointError(
        f'no checkpoint of {work_dir} can be resumed from:'
        + ''.join(f'\n  {file}: {why}' for file, why in refused.items())
        + '\nGive another one to --resume, or choose another --work-dir'
    )


def why_unusable(file: str | Path) -> str | None:
    """Return why a run cannot go on from a checkpoint, None if it can.

    The whole file is read: sizes, checksums, names. No tensor is kept.

    Args:
        file: A file of ``torch.save``.
    """
    try:
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                damaged = archive.testzip()
            if damaged is not None:
                return f'{damaged} in it is damaged'
        checkpoint = load_checkpoint(file, map_location='meta')
    except (CheckpointError, OSError, zipfile.BadZipFile) as error:
        return str(error)
    return _lacks(checkpoint)


def _lacks(checkpoint: Any) -> str | None:
    """Return what a whole file misses to be resumed from, None if nothing."""
    entries = checkpoint if isinstance(checkpoint, dict) else {}
    meta = entries.get('meta')
    known = meta if isinstance(meta, dict) else {}
    lacking = [n for n in ('state_dict', 'message_hub') if n not in entries]
    lacking += [n for n in ('epoch', 'iter') if n not in known]
    if lacking:
        return f'it has no {", ".join(lacking)}: not a checkpoint of a run'
    return None


def _candidates(work_dir: Path) -> Iterator[Path]:
    """Yield files to try: the one that is named, then by iteration."""
    named = _named(work_dir)
    if named is not None:
        yield named
    folders = {work_dir, named.parent if named else work_dir}
    others = {
        file
        for folder in folders
        if folder.is_dir()
        for file in folder.glob('*.pth')
        # without the optimiser's state
        if not file.name.startswith('best_') and file != named
    }
    yield from sorted(others, key=_age, reverse=True)


def _named(work_dir: Path) -> Path | None:
    """Return the file that ``last_checkpoint`` names, if it is there."""
    pointer = work_dir / _POINTER
    if not pointer.is_file():
        return None
    last = Path(pointer.read_text(errors='replace').strip())
    # First where the work dir is now. The old place may hold another run's.
    for file in (work_dir / last.name, last):
        if last.name and file.is_file():
            return file
    warnings.warn(f'{pointer} names {str(last)!r}, which is not there')
    return None


def _age(file: Path) -> tuple[float, float]:
    """Sort key: the number in the name, then the time of writing."""
    number = re.search(r'(\d+)\.pth$', file.name)
    return float(number[1]) if number else -1.0, file.stat().st_mtime
