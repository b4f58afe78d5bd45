"""What a world's folder holds, and how whole it is.

A part appears in the folder when it is whole, never before, and
``world.json`` names it then. What is being made lies below ``.making``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmssl.utils.whole_file import written_whole
from mmssl.worlds.world_settings import WorldSettings

WORLD_FILE = 'world.json'
MAKING = '.making'
FORMAT = 1
_KIND = 'puppets'

# Part -> its folders in the world.
PARTS: Mapping[str, tuple[str, ...]] = {
    'flow': ('flow',),
    'scenes': ('frames', 'frame_parts', 'annotations'),
    'people': ('people',),
    'lip': ('lip',),
    'market1501': ('market1501',),
    'pa100k': ('pa100k',),
    'prw': ('prw',),
}


@dataclass
class WorldFile:
    """Content of ``world.json``.

    Attributes:
        settings: Of :class:`~mmssl.worlds.world_settings.WorldSettings`, as
            JSON data.
        parts: What each finished part holds: numbers by name.
    """

    settings: dict[str, Any]
    parts: dict[str, dict[str, int]] = field(default_factory=dict)

    def missing(self) -> list[str]:
        """Return the parts that are not finished."""
        return [part for part in PARTS if part not in self.parts]


def chosen_parts(names: Iterable[str] | None) -> list[str]:
    """Return parts in their order; all for None.

    Raises:
        ValueError: There is no such part.

    Example:
        >>> chosen_parts(['lip', 'flow'])
        ['flow', 'lip']
    """
    wanted = list(PARTS if names is None else names)
    unknown = sorted(set(wanted) - set(PARTS))
    if unknown:
        raise ValueError(
            f'unknown part {", ".join(map(repr, unknown))}; valid: '
            f'{", ".join(sorted(PARTS))}'
        )
    return [part for part in PARTS if part in wanted]


def read_world(folder: str | os.PathLike[str]) -> WorldFile | None:
    """Read ``world.json``, and see which of its parts are there.

    Args:
        folder: Of the world.

    Returns:
        None where there is none. Parts whose folders are gone are left out.

    Raises:
        ValueError: The file is not one of this program, or of another
            version of the format.
    """
    path = Path(folder, WORLD_FILE)
    try:
        content = json.loads(path.read_text('utf-8'))
        kind, version = content['world'], content['format']
        world = WorldFile(dict(content['settings']), dict(content['parts']))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f'{path} is not one that mmssl puppets wrote: move it away, or '
            'choose another folder'
        ) from error
    if (kind, version) != (_KIND, FORMAT):
        raise ValueError(
            f'{path} is of a world {kind!r}, format {version}; this program '
            f'makes {_KIND!r}, format {FORMAT}: choose another folder'
        )
    world.parts = {
        part: counts
        for part, counts in world.parts.items()
        if all(Path(folder, name).is_dir() for name in PARTS.get(part, '?'))
    }
    return world


def write_world(folder: str | os.PathLike[str], world: WorldFile) -> None:
    """Write ``world.json`` in one step."""
    content = dict(
        world=_KIND,
        format=FORMAT,
        settings=world.settings,
        parts={
            part: world.parts[part] for part in PARTS if part in world.parts
        },
        missing=world.missing(),
    )
    with written_whole(Path(folder, WORLD_FILE)) as partial:
        partial.write_text(json.dumps(content, indent=1) + '\n', 'utf-8')


def check_world(
    folder: str | os.PathLike[str], parts: Iterable[str] | None = None
) -> WorldFile:
    """Return what a folder holds, or say what is missing.

    Args:
        folder: Of the world.
        parts: Those that are needed; None: all.

    Returns:
        Content of ``world.json``.

    Raises:
        ValueError: There is no world, it is half written, or a part is not
            there; tells the command that makes it.
    """
    wanted = chosen_parts(parts)
    world = read_world(folder)
    if world is None:
        raise ValueError(
            f'{folder} holds no puppets world: make it with '
            f'mmssl puppets {folder}'
        )
    missing = [part for part in wanted if part not in world.parts]
    if missing:
        preset, seed = world.settings['preset'], world.settings['seed']
        raise ValueError(
            f'{folder} is a half-written puppets world: '
            f'{", ".join(missing)} missing. Go on with '
            f'mmssl puppets {folder} --preset {preset} --seed {seed}'
        )
    return world


def differences(world: WorldFile, settings: WorldSettings) -> list[str]:
    """Say how a world differs from what is asked for now.

    Returns:
        One phrase per setting, e.g. ``'seed: 0 there, 1 now'``.
    """
    return [
        f'{key}: {world.settings.get(key)!r} there, {value!r} now'
        for key, value in settings.to_json().items()
        if world.settings.get(key) != value
    ]
