"""What a checkpoint of anybody has to become before it can be exported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmssl.benchmark.foreign_names import ARCHS, from_torchvision
from mmssl.checkpoints.atomic import write_checkpoint
from mmssl.checkpoints.config_in_meta import config_in_meta
from mmssl.checkpoints.load_report import state_of
from mmssl.checkpoints.parts import PARTS
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.published import convert_published, in_our_names
from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.checkpoints.semantic_fold import is_semantic

AUTO = 'auto'
# Methods whose published results used the momentum average.
_BY_TEACHER = ('DINO', 'SOLIDER')


@dataclass(frozen=True)
class Source:
    """A file that an export can read.

    Attributes:
        file: It.
        part: 'student' or 'teacher'.
        semantic: Whether the backbone follows lambda.
        exported: Meta of an export, if the file is one already.
    """

    file: Path
    part: str
    semantic: bool = False
    exported: Mapping[str, Any] | None = None

    @property
    def prefix(self) -> str | None:
        """Beginning of an export's names; None: as the part says."""
        if self.exported is None:
            return None
        return str(self.exported.get('prefix', ''))


def source_of(
    file: Path, scratch: Path, *, part: str = AUTO, arch: str | None = None
) -> Source:
    """Find out what a file is, and convert it where that is needed.

    In this order: an export of ours; a checkpoint whose backbone is named
    ``backbone.`` (mmssl, mmdet, mmseg, mmpose, mmpretrain) or a published one
    of SOLIDER or DINO; other published files of our methods and of timm;
    torchvision's networks.

    Args:
        file: The checkpoint.
        scratch: Where a converted file goes.
        part: 'student', 'teacher', or 'auto': the teacher of DINO and
            SOLIDER, whose published results used it, else the student.
        arch: Of a file in torchvision's names that fits several.

    Raises:
        CheckpointError: No backbone is found; what the file looks like.
        ValueError: Unknown part or arch.
    """
    if part not in (AUTO, *PARTS):
        raise ValueError(
            f'part must be one of {", ".join(sorted((AUTO, *PARTS)))}, got '
            f'{part!r}'
        )
    loaded = load_checkpoint(file)
    meta = loaded.get('meta') if isinstance(loaded, Mapping) else None
    if isinstance(meta, Mapping) and meta.get('layout') == 'mm':
        return Source(
            file,
            str(meta.get('part', 'student')),
            meta.get('semantic_weight') == 'adjustable',
            meta,
        )
    ours = in_our_names(loaded)
    names = list(state_of(ours))
    if not any(name.startswith('backbone.') for name in names):
        converted = _converted(ours, arch, file)
        write_checkpoint(converted, scratch)
        return Source(scratch, 'student' if part == AUTO else part)
    part = _part(part, ours, names, published=ours is not loaded)
    state = state_of(ours, PARTS[part].backbone)
    return Source(file, part, is_semantic(state))


def _part(
    part: str, loaded: Mapping[str, Any], names: list[str], published: bool
) -> str:
    """Choose student or teacher."""
    if part != AUTO:
        return part
    model = config_in_meta(loaded)
    kind = model.get('type') if isinstance(model, Mapping) else None
    by_teacher = str(kind).split('.')[-1] in _BY_TEACHER or published
    prefix = PARTS['teacher'].backbone
    has_one = any(name.startswith(prefix) for name in names)
    return 'teacher' if by_teacher and has_one else 'student'


def _converted(
    loaded: Mapping[str, Any], arch: str | None, file: Path
) -> dict[str, Any]:
    """Return ``dict(state_dict, meta)`` in our names, ``backbone.*``."""
    refused = []
    known = {arch} & set(ARCHS) if arch else set()
    for method in () if known else ('auto', 'timm'):
        try:
            found = convert_published(loaded, method)
        except ValueError as error:
            refused.append(str(error))
            continue
        return dict(state_dict=found.state_dict, meta=dict(found.meta))
    try:
        state = from_torchvision(state_of(loaded), [arch] if arch else [])
    except CheckpointError as error:
        refused.append(str(error))
        raise CheckpointError(
            f'no backbone was found in {file}: ' + '; '.join(refused)
        ) from None
    named = {f'backbone.{name}': tensor for name, tensor in state.items()}
    return dict(state_dict=named, meta=dict(kind='backbone', arch=arch))
