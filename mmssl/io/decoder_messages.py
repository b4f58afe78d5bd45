"""What image decoders say on stderr, the only place where they say it.

libjpeg shows a damaged picture and mentions the damage in one line on
stderr; no function of OpenCV hands it over. Here stderr goes into a memory
file while one image is decoded: 10 us, a hundredth of decoding.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import threading
from collections.abc import Iterator

# The first of the messages that mean that a part of the picture is wrong.
# Bytes too many before the end, or odd headers, leave the picture whole.
_DAMAGE = re.compile(
    r'^(?:Corrupt JPEG data: (?!\d+ extraneous bytes before marker 0xd9)'
    r'|Premature end of JPEG|Inconsistent progression)'
)
_OF_A_DECODER = re.compile(
    r'^(?:Corrupt JPEG data|Premature end of JPEG|Inconsistent progression'
    r'|Unsupported marker type|Invalid SOS param|Warning: unknown JFIF'
    r'|libpng (?:error|warning)'
    r'|(?:imread_|findDecoder|imdecode_)|\[ ?(?:WARN|ERROR|INFO):\S+)'
)

# OpenCV's own lines begin with time, file and function.
_PREFIX = re.compile(r'^\[ ?\w+:\d+@[\d.]+\] \w+ \S+:\d+ \S+ ')

_lock = threading.Lock()  # there is one stderr


def _renew_lock() -> None:
    """A child forked while another thread held the lock gets its own."""
    global _lock
    _lock = threading.Lock()


if hasattr(os, 'register_at_fork'):
    os.register_at_fork(after_in_child=_renew_lock)


class DecoderMessages:
    """Lines that a decoder wrote.

    Attributes:
        lines: All of them.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []

    @property
    def damage(self) -> str:
        """The line that says that the picture is damaged; '' if none."""
        return next((line for line in self.lines if _DAMAGE.match(line)), '')

    @property
    def last(self) -> str:
        """The last line, the reason of a failure; '' if none."""
        return self.lines[-1] if self.lines else ''


@contextlib.contextmanager
def decoder_messages() -> Iterator[DecoderMessages]:
    """Collect what is written to stderr while an image is decoded.

    What is not a decoder's (another thread wrote it) is passed on
    afterwards. Where the process has no stderr, nothing is collected.

    Yields:
        The messages, filled in when the block ends.
    """
    messages = DecoderMessages()
    with _lock:
        try:
            stderr = os.dup(2)
        except OSError:
            yield messages
            return
        store = _memory_file()
        os.dup2(store, 2)
        try:
            yield messages
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            size = os.lseek(store, 0, os.SEEK_END)
            if size:
                messages.lines = _sorted_out(_content(store, size))
            os.close(store)


def _memory_file() -> int:
    """Return the handle of a file that has no name."""
    if hasattr(os, 'memfd_create'):
        return os.memfd_create('decoder')
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _content(store: int, size: int) -> str:
    os.lseek(store, 0, os.SEEK_SET)
    return os.read(store, size).decode('utf-8', 'replace')


def _sorted_out(text: str) -> list[str]:
    """Return a decoder's lines, and pass on the others."""
    lines = text.splitlines(keepends=True)
    foreign = [line for line in lines if not _OF_A_DECODER.match(line)]
    if foreign:
        os.write(2, ''.join(foreign).encode())
    return [
        _PREFIX.sub('', line).strip() for line in lines if line not in foreign
    ]
