"""Files that are never seen half written.

For lists, reports and pictures that can be made again. Checkpoints are also
pushed to the disk and read back: :mod:`mmssl.checkpoints.atomic`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """Give a path whose file takes the place of another one at the end.

    After an error, or where nothing was written, an older file is untouched
    and nothing else is left.

    Args:
        path: Where the file goes; its folder exists.

    Yields:
        A hidden path of the same folder and suffix, to be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with written_whole(Path(folder, 'a.txt')) as partial:
        ...         _ = partial.write_text('done')
        ...         print(sorted(os.listdir(folder)))
        ...     print(sorted(os.listdir(folder)))
        ['.a.partial.txt']
        ['a.txt']
    """
    target = Path(path)
    partial = target.with_name(f'.{target.stem}.partial{target.suffix}')
    try:
        yield partial
        os.replace(partial, target)
    finally:
        with suppress(FileNotFoundError):
            partial.unlink()
