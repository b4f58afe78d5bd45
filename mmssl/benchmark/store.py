"""Backbones written for the host projects, each once.

An export's name holds a hash of what decides its content: the checkpoint's
bytes, the part, lambda. What is there is not written again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

from mmssl.benchmark.source_file import AUTO, Source, source_of
from mmssl.benchmark.wishes import Wish, folder_name
from mmssl.checkpoints.atomic import write_text_atomically
from mmssl.utils.whole_file import written_whole
from mmssl.version import __version__

_BLOCK = 1 << 20
# Lambda of a backbone that follows it, where none is chosen: semantics, which
# is what dense tasks want.
DEFAULT_LAMBDA = 1.0


@dataclass(frozen=True)
class Stored:
    """A backbone in the names of the host projects.

    Attributes:
        name: For tables and folders.
        file: Of the weights; None: random ones.
        config: Of its class, as the export's meta has it; None: that of the
            task.
        architecture: For people, e.g. 'ResNet-18'.
        digest: Of the file's content; '' for random weights.
        part: Of the checkpoint.
        semantic_weight: Lambda that was folded in.
        origin: Path of the checkpoint.
    """

    name: str
    file: str | None = None
    config: dict[str, Any] | None = None
    architecture: str = ''
    digest: str = ''
    part: str = ''
    semantic_weight: float | None = None
    origin: str = ''


def random_twin(stored: Stored) -> Stored:
    """Return random weights of the same architecture."""
    return Stored(
        name=f'random {stored.architecture}'.strip(),
        config=stored.config,
        architecture=stored.architecture,
    )


class ExportStore:
    """A folder of exported backbones.

    Args:
        folder: It; made when the first one is written.
        part: 'student', 'teacher' or 'auto'.
        semantic_weight: Lambda in [0, 1] for backbones that follow it; None:
            that of the task.
        arch: Of files that do not say.
        say: Gets lines that tell what is done.
    """

    def __init__(
        self,
        folder: Path,
        *,
        part: str = AUTO,
        semantic_weight: float | None = None,
        arch: str | None = None,
        say: Callable[[str], None] = print,
    ) -> None:
        self._folder = folder
        self._part = part
        self._lambda = semantic_weight
        self._arch = arch
        self._say = say

    def get(self, wish: Wish, task_lambda: float | None = None) -> Stored:
        """Export a backbone, or find it exported already.

        Args:
            wish: With a checkpoint.
            task_lambda: That goes with the task, taken where none was chosen
                for all; None: 1, which is told.

        Raises:
            CheckpointError: The file has no such backbone.
            ValueError: Options that do not go with the file.
        """
        if wish.checkpoint is None:
            raise ValueError(f'{wish.name} has no checkpoint to export')
        chosen = task_lambda if self._lambda is None else self._lambda
        digest = self._digest(wish, chosen)
        out = self._folder / f'{folder_name(wish.name)}-{digest}.pth'
        if not _readable(out):
            self._write(wish, out, chosen)
        meta = _meta(out)
        strides = meta.get('strides')
        config = dict(meta['backbone']) if meta.get('backbone') else None
        if config is not None and strides:
            config['strides'] = strides
        return Stored(
            name=wish.name,
            file=str(out),
            config=config,
            architecture=str(meta.get('architecture', '')),
            digest=digest,
            part=str(meta.get('part', '')),
            semantic_weight=meta.get('semantic_weight'),
            origin=str(wish.checkpoint),
        )

    def _digest(self, wish: Wish, chosen: float | None) -> str:
        """Return a hash of all that decides the export."""
        hashed = hashlib.sha256()
        for file in (wish.checkpoint, _config_file(wish.config)):
            if file is not None:
                with file.open('rb') as stream:
                    while block := stream.read(_BLOCK):
                        hashed.update(block)
        options = (self._part, chosen, self._arch, wish.config)
        hashed.update(repr((options, __version__)).encode())
        return hashed.hexdigest()[:12]

    def _write(self, wish: Wish, out: Path, chosen: float | None) -> None:
        """Write the export and what is known of it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        scratch = self._folder / f'.{out.stem}.source.pth'
        try:
            source = source_of(
                Path(str(wish.checkpoint)),
                scratch,
                part=self._part,
                arch=self._arch,
            )
            if source.exported is not None and not source.semantic:
                self._copy(source, out)
            else:
                self._export(source, wish, out, chosen)
        finally:
            scratch.unlink(missing_ok=True)

    def _folded(
        self, source: Source, wish: Wish, chosen: float | None
    ) -> float | None:
        """Return lambda to fold, None where the backbone follows none."""
        if not source.semantic:
            if self._lambda is not None:
                self._say(
                    f'{wish.name} follows no lambda: --semantic-weight '
                    f'{self._lambda:g} does not touch it'
                )
            return None
        if chosen is None:
            self._say(
                f'{wish.name} follows lambda; {DEFAULT_LAMBDA:g} (semantics) '
                'is folded in, --semantic-weight chooses another'
            )
            return DEFAULT_LAMBDA
        if self._lambda is None:
            self._say(
                f'{wish.name} follows lambda; {chosen:g} is folded in, as the '
                'task says'
            )
        return chosen

    def _copy(self, source: Source, out: Path) -> None:
        """Take an export as it is."""
        with written_whole(out) as partial:
            shutil.copyfile(source.file, partial)
        text = json.dumps(dict(meta=dict(source.exported or {}), report=None))
        write_text_atomically(text, out.with_name(f'{out.name}.json'))
        self._say(f'{out}: a copy of the export {source.file}')

    def _export(
        self, source: Source, wish: Wish, out: Path, chosen: float | None
    ) -> None:
        """Write the backbone, and print the report of its names."""
        from mmssl.checkpoints.export import export_backbone

        report = export_backbone(
            source.file,
            out,
            config=wish.config,
            part='student' if source.prefix is not None else source.part,
            prefix=source.prefix,
            semantic_weight=self._folded(source, wish, chosen),
        )
        self._say(f'{wish.name} ({source.part}): {report}')


def _config_file(config: str | None) -> Path | None:
    """Return the file of a config, if it is one that can be read here."""
    if config is None or config.startswith('mmssl::'):
        return None
    return Path(config)


def _readable(out: Path) -> bool:
    """Whether an export and its description are there, and fit."""
    try:
        return out.is_file() and isinstance(_meta(out), dict)
    except (KeyError, OSError, ValueError):
        return False


def _meta(out: Path) -> dict[str, Any]:
    """Return what is known of an export."""
    beside = out.with_name(f'{out.name}.json')
    return json.loads(beside.read_text('utf-8'))['meta']
