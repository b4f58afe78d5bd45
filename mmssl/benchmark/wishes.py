"""Which backbones the words of a command line name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mmssl.checkpoints.latest import latest_checkpoint

RANDOM = 'random'
_CONFIG = re.compile(r'(mmssl::.+|.+\.py)$')
_NAMED = re.compile(r'([^=/\\]+)=(.+)$', re.DOTALL)
# Files whose folder says more than their name.
_COUNTED = re.compile(
    r'(best_.+|(iter|epoch|checkpoint)[-_]?\d+|checkpoint|last|latest|model'
    r'|backbone)$'
)


@dataclass(frozen=True)
class Wish:
    """A backbone that is to be judged.

    Attributes:
        name: For tables and folders.
        checkpoint: Its file; None: random weights.
        config: Config that the checkpoint was trained with, if it is given.
    """

    name: str
    checkpoint: Path | None
    config: str | None = None


def read_wishes(words: Sequence[str]) -> list[Wish]:
    """Read ``[NAME=][CONFIG] CHECKPOINT ... random``.

    A CHECKPOINT may be the folder of a run, whose newest one is taken. Names
    that are not given are those of the files, or, for files called
    ``iter_20000.pth`` and the like, of their folders.

    Args:
        words: Of the command line.

    Returns:
        One for each backbone, in order.

    Raises:
        FileNotFoundError: A file, or a checkpoint in a folder, is not there.
        ValueError: A config without a checkpoint behind it; two of one name.

    Example:
        >>> read_wishes(['random'])
        [Wish(name='random', checkpoint=None, config=None)]
    """
    wishes: list[Wish] = []
    name, config = '', None
    for word in words:
        found = _NAMED.match(word)
        if found and not Path(word).exists():
            name, word = found[1].strip(), found[2]
        if word == RANDOM and config is None:
            wishes.append(Wish(name or RANDOM, None))
        elif _CONFIG.match(word):
            if config is not None:
                break
            config = word
            continue
        else:
            file = _file(Path(word))
            wishes.append(Wish(name or _name_of(file), file, config))
        name, config = '', None
    if config is not None:
        raise ValueError(
            f'a checkpoint must follow the config {config}: CONFIG CHECKPOINT'
        )
    _refuse_twins(wishes)
    return wishes


def _file(path: Path) -> Path:
    """Return a checkpoint, of a folder its newest."""
    path = path.expanduser()
    if path.is_dir():
        newest = latest_checkpoint(path)
        if newest is None:
            raise FileNotFoundError(f'there is no checkpoint in {path}')
        return newest
    if not path.is_file():
        raise FileNotFoundError(
            f'there is no checkpoint {str(path)!r}; a backbone is a file, '
            f'the folder of a run, or the word {RANDOM}'
        )
    return path


def _name_of(file: Path) -> str:
    """Return a name for a file.

    Example:
        >>> _name_of(Path('work_dirs/cmp/iter_20.pth'))
        'cmp'
        >>> _name_of(Path('resnet50-11ad3fa6.pth'))
        'resnet50-11ad3fa6'
    """
    if _COUNTED.match(file.stem) and file.resolve().parent.name:
        return file.resolve().parent.name
    return file.stem


def _refuse_twins(wishes: Sequence[Wish]) -> None:
    """Raise where two backbones would share a folder."""
    seen: dict[str, Wish] = {}
    for wish in wishes:
        key = folder_name(wish.name).lower()
        if key in seen:
            raise ValueError(
                f'two backbones are called {wish.name!r} ({wish.checkpoint} '
                f'and {seen[key].checkpoint}): name them, '
                'e.g. a=FIRST.pth b=SECOND.pth'
            )
        seen[key] = wish


def folder_name(name: str) -> str:
    """Return a name as a folder has it.

    Example:
        >>> folder_name('SCRL, 200 epochs')
        'SCRL_200_epochs'
    """
    return re.sub(r'[^\w.+-]+', '_', name).strip('_.') or '_'
