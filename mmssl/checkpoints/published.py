"""Whose published checkpoint a file is, and its converter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmssl.checkpoints import (
    cmp_official,
    dino_official,
    scrl_official,
    solider_official,
    timm_files,
)
from mmssl.checkpoints.conversion import Conversion
from mmssl.checkpoints.file_formats import describe_file, hint
from mmssl.checkpoints.teacher_student_file import has_projector

_CONVERTERS = {
    'cmp': cmp_official.convert_cmp_checkpoint,
    'dino': dino_official.convert_dino_checkpoint,
    'scrl': scrl_official.convert_scrl_checkpoint,
    'solider': solider_official.convert_solider_checkpoint,
    'timm': timm_files.convert_timm_checkpoint,
}
_WITH_TEACHER = {
    'solider': solider_official.is_solider_checkpoint,
    'dino': dino_official.is_dino_checkpoint,
}
# Entries of meta that no published file has.
_OURS = {'mmengine_version', 'mmssl_version'}
METHODS = tuple(sorted(_CONVERTERS))
ARCHS = tuple(
    sorted(
        {
            *cmp_official.ARCHS,
            *dino_official.ARCHS,
            *scrl_official.ARCHS,
            *solider_official.ARCHS,
        }
    )
)
_AMBIGUOUS = (
    'a bare ResNet-50: its names do not tell whether CMP, DINO or another '
    'project trained it (--method says what you know)'
)


def convert_published(
    checkpoint: Any, method: str = 'auto', arch: str = 'auto'
) -> Conversion:
    """Convert a published checkpoint of any method to mmssl's names.

    Args:
        checkpoint: the loaded file.
        method: ``'cmp'``; ``'dino'``; ``'scrl'`` (its files of BYOL, too);
            ``'solider'`` (of its DINO stage, too); ``'timm'`` (also
            Microsoft's Swin); or ``'auto'``: seen from the keys.
        arch: refuse files of another encoder; ``'auto'``: any.

    Returns:
        The conversion.

    Raises:
        ValueError: unknown method, no published checkpoint of it, another
            ``arch``, or keys of unknown meaning; the message says what the
            file looks like.
    """
    if not isinstance(checkpoint, Mapping):
        raise ValueError(
            f'the file holds a {type(checkpoint).__name__}, no checkpoint'
        )
    meta = checkpoint.get('meta')
    if isinstance(meta, Mapping) and {*meta} & _OURS:
        raise ValueError(
            'the file is of mmssl or another OpenMMLab project already: '
            'there is nothing to convert; mmssl export takes its backbone'
        )
    if method not in ('auto', *_CONVERTERS):
        raise ValueError(
            f'unknown method {method!r}; valid: auto, {", ".join(METHODS)}'
        )
    if method == 'auto':
        return _with_doubt(_CONVERTERS[_detect(checkpoint)](checkpoint, arch))
    try:
        return _CONVERTERS[method](checkpoint, arch)
    except ValueError as error:
        found = describe_file(checkpoint)
        if found is None or f'--method {method}' in found.fix:
            raise
        raise ValueError(f'{error}; {found}') from None


def in_our_names(checkpoint: Any) -> Any:
    """Return a file of student and teacher converted, others as they are.

    So that published files of SOLIDER and DINO can be given wherever ours
    are; what is ambiguous is left to ``mmssl convert``.

    Args:
        checkpoint: What the file holds.

    Returns:
        ``dict(state_dict, meta)`` of a published file with a student or a
        teacher and its projector; anything else unchanged.

    Raises:
        ValueError: It has keys of unknown meaning.
    """
    if not isinstance(checkpoint, Mapping) or isinstance(
        checkpoint.get('meta'), Mapping
    ):
        return checkpoint
    for name, is_known in _WITH_TEACHER.items():
        if has_projector(checkpoint) and is_known(checkpoint):
            conversion = _CONVERTERS[name](checkpoint, 'auto')
            return {
                'state_dict': conversion.state_dict,
                'meta': {**conversion.meta, 'source': conversion.summary},
            }
    return checkpoint


def _detect(checkpoint: Mapping[str, Any]) -> str:
    """Return the method by the names in the file."""
    if scrl_official.is_scrl_checkpoint(checkpoint):
        return 'scrl'
    if solider_official.is_solider_checkpoint(checkpoint):
        return 'solider'
    if dino_official.is_dino_checkpoint(checkpoint):
        return 'dino'
    if cmp_official.is_cmp_checkpoint(checkpoint):
        return 'cmp'
    raise ValueError(
        'this is no published checkpoint of CMP, DINO, SCRL, BYOL or '
        'SOLIDER; its first keys are '
        f'{sorted(map(str, checkpoint))[:5]}{hint(checkpoint)}'
    )


def _with_doubt(conversion: Conversion) -> Conversion:
    """Say so where the names fit several projects."""
    bare = (
        conversion.method == 'CMP'
        and conversion.meta['arch'] == 'resnet50'
        and all(key.startswith('backbone.') for key in conversion.state_dict)
        and all('image_encoder' not in key for key in conversion.renamed)
    )
    if not bare:
        return conversion
    return conversion._replace(
        method='CMP, DINO or another', notes=(_AMBIGUOUS,)
    )
