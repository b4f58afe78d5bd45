"""Errors that mmssl raises on purpose, told from those that just happen.

What the code refuses on purpose ends in a sentence that says what is wrong and
what to do: its user needs no traceback. An error of torch or numpy, or a slip
in the code, does.
"""

from __future__ import annotations

import linecache
import re
from pathlib import Path

from mmssl.io.errors import plain_text

_PACKAGE = str(Path(__file__).resolve().parents[1])

# The last place in the text that a DataLoader makes of its worker's error.
_PLACE = re.compile(
    r'^ *File "([^"]+)", line \d+, in .*\n *(.*)$', re.MULTILINE
)


def refusal(error: BaseException) -> str | None:
    """Return the words of an error that mmssl raised on purpose.

    Args:
        error: What came out of a command, also of a loader's worker.

    Returns:
        Text in one line; None for errors that no ``raise`` of mmssl made.

    Example:
        >>> refusal(ValueError('elsewhere')) is None
        True
    """
    place = _last_place(error)
    if place is None:
        return None
    file, line = place
    ours = Path(_PACKAGE) in Path(file).resolve().parents
    if not ours or not line.strip().startswith('raise '):
        return None
    return ' '.join(plain_text(error).split()) or None


def _last_place(error: BaseException) -> tuple[str, str] | None:
    """Return file and source line of where an error was raised."""
    text = str(error)
    if 'Original Traceback' in text:
        found = _PLACE.findall(text)
        return found[-1] if found else None
    trace = error.__traceback__
    if trace is None:
        return None
    while trace.tb_next is not None:
        trace = trace.tb_next
    file = trace.tb_frame.f_code.co_filename
    return file, linecache.getline(file, trace.tb_lineno)
