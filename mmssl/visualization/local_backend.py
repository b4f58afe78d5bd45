"""Scalars in files, on a disk that may be full for a while."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from mmengine.logging import print_log
from mmengine.visualization import LocalVisBackend as HostBackend

from mmssl.registry import VISBACKENDS


@VISBACKENDS.register_module()
class LocalVisBackend(HostBackend):
    """mmengine's, but a training does not die of a lost line of its log.

    On a full disk the line is dropped, with an error in the log; half a line
    is cut off again. When there is room, the next ones are written. Arguments
    are those of :class:`mmengine.visualization.LocalVisBackend`.
    """

    _losing = False

    def _dump(
        self, value_dict: dict[str, Any], file_path: str, file_format: str
    ) -> None:
        """Append one record to a file, or drop it."""
        file = Path(file_path)
        size = file.stat().st_size if file.exists() else 0
        try:
            super()._dump(value_dict, file_path, file_format)
            self._losing = False
        except OSError as error:
            with suppress(OSError):
                os.truncate(file, size)
            if not self._losing:  # once, not at every line
                print_log(
                    f'{file} could not be written: {error.strerror or error}; '
                    'values are lost until it can be, the run goes on',
                    logger='current',
                    level=logging.ERROR,
                )
            self._losing = True
