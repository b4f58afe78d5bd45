"""Whose published checkpoint a file is, and its converter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmssl.checkpoints import cmp_official, scrl_official
from mmssl.checkpoints.conversion import Conversion

_CONVERTERS = {
    'cmp': cmp_official.convert_cmp_checkpoint,
    'scrl': scrl_official.convert_scrl_checkpoint,
}
# Entries of meta that no published file has.
_OURS = {'mmengine_version', 'mmssl_version'}
METHODS = tuple(sorted(_CONVERTERS))
ARCHS = tuple(sorted({*cmp_official.ARCHS, *scrl_official.ARCHS}))


def convert_published(
    checkpoint: Any, method: str = 'auto', arch: str = 'auto'
) -> Conversion:
    """Convert a published checkpoint of any method to mmssl's names.

    Args:
        checkpoint: the loaded file.
        method: ``'cmp'``; ``'scrl'`` (its files of BYOL, too); or
            ``'auto'``: seen from the keys.
        arch: refuse files of another encoder; ``'auto'``: any.

    Returns:
        The conversion.

    Raises:
        ValueError: unknown method, no published checkpoint of it, another
            ``arch``, or keys of unknown meaning.
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
    if method == 'auto':
        method = _detect(checkpoint)
    if method not in _CONVERTERS:
        raise ValueError(
            f'unknown method {method!r}; valid: auto, {", ".join(METHODS)}'
        )
    return _CONVERTERS[method](checkpoint, arch)


def _detect(checkpoint: Mapping[str, Any]) -> str:
    """Return the method by the names in the file."""
    if scrl_official.is_scrl_checkpoint(checkpoint):
        return 'scrl'
    if cmp_official.is_cmp_checkpoint(checkpoint):
        return 'cmp'
    raise ValueError(
        'this is no published checkpoint of CMP, SCRL or BYOL; its first '
        f'keys are {sorted(map(str, checkpoint))[:5]}'
    )
