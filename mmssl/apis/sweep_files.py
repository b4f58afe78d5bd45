"""Whether the files that a sweep judges are still those of its first call."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from mmssl.apis.sweep_key import SweepError
from mmssl.apis.sweep_plan import SweepPlan
from mmssl.engine.run_config import LaunchError, load_config

_TAIL = 1 << 20  # bytes; the end of a checkpoint lists sums of its tensors


def fingerprints(plan: SweepPlan) -> dict[str, str]:
    """Return short texts that differ where config or checkpoint do.

    Of a config its keys and values count, not its comments, and of a
    checkpoint its size and its end. What cannot be read has none.

    Args:
        plan: Whose files; those that no command names do not count.
    """
    words = ' '.join(word for step in plan.steps for word in step)
    found = {}
    if plan.config is not None and '{config}' in words:
        with suppress(LaunchError, OSError):
            content = load_config(plan.config).to_dict()
            text = json.dumps(content, sort_keys=True, default=str)
            found['config'] = f'{zlib.crc32(text.encode()):08x}'
    if plan.checkpoint is not None and '{checkpoint}' in words:
        with suppress(OSError):
            found['checkpoint'] = _of_checkpoint(Path(plan.checkpoint))
    return found


def check_fingerprints(
    before: Mapping[str, str], now: Mapping[str, str], out: Path
) -> None:
    """Refuse to put results of other files beside those that are there.

    Args:
        before: Of the folder.
        now: Of this call.
        out: The folder, for the message.

    Raises:
        SweepError: A file has changed.
    """
    for name in sorted(before.keys() & now.keys()):
        if before[name] != now[name]:
            raise SweepError(
                f'the {name} has changed since {out} was begun: runs that '
                'are done belong to the old one; choose another --out, or '
                'delete the folder'
            )


def _of_checkpoint(path: Path) -> str:
    size = path.stat().st_size
    with path.open('rb') as stream:
        stream.seek(max(size - _TAIL, 0))
        return f'{size}-{zlib.crc32(stream.read()):08x}'
