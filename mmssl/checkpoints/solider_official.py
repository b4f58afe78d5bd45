"""Checkpoints of the published SOLIDER, and of its DINO stage -> mmssl.

:mod:`mmssl.checkpoints.teacher_student_file` has the layout. The backbone is
a Swin in the names of the mm projects already, with ``semantic_embed_*`` or
without (trained with ``semantic_weight < 0``). Both stages train the same
networks, so that the file does not tell one from the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmssl.checkpoints.architectures import identify
from mmssl.checkpoints.conversion import Conversion
from mmssl.checkpoints.dino_names import rename_swin_key
from mmssl.checkpoints.teacher_student_file import (
    backbone_keys,
    epoch_of,
    networks_of,
    rename_networks,
)

_DEPTHS: dict[tuple, str] = {
    (96, (2, 2, 6, 2)): 'swin_tiny',
    (96, (2, 2, 18, 2)): 'swin_small',
    (128, (2, 2, 18, 2)): 'swin_base',
}
ARCHS = tuple(sorted(_DEPTHS.values()))
_MARK = 'stages.0.blocks.0.attn.w_msa.relative_position_bias_table'
_SEMANTIC = 'semantic_embed_w.0.weight'


def is_solider_checkpoint(checkpoint: Mapping[str, Any]) -> bool:
    """Tell published SOLIDER files by their names.

    Args:
        checkpoint: The loaded file: with student and teacher, the teacher
            alone, or a backbone that has semantic embeddings.

    Example:
        >>> is_solider_checkpoint({'teacher': {f'backbone.{_MARK}': 1}})
        True
        >>> is_solider_checkpoint({'state_dict': {_MARK: 1}})
        False
    """
    try:
        networks = networks_of(checkpoint)
    except ValueError:
        return False
    keys = backbone_keys(networks)
    if networks.kind == 'backbone':
        return {_MARK, _SEMANTIC} <= keys
    return _MARK in keys


def convert_solider_checkpoint(
    checkpoint: Mapping[str, Any], arch: str = 'auto'
) -> Conversion:
    """Rename the keys of a published checkpoint.

    Source: Chen et al. 2023 (SOLIDER), ``main_solider.py`` and
        ``main_dino.py`` (the file), ``convert_model.py`` (the teacher alone),
        ``swin_transformer.py`` (the network).
    Deviates: states of optimiser and loss scaling are dropped, and that is
        reported.

    Args:
        checkpoint: The loaded file.
        arch: ``'swin_tiny'``, ``'swin_small'``, ``'swin_base'``, or
            ``'auto'``: seen from the shapes; other sizes are taken, too.

    Returns:
        The conversion; its ``meta`` has ``kind`` ('full': student and
        teacher; 'teacher'; 'student'; 'backbone'), ``arch``, ``epoch`` (int
        or None), ``semantic`` (whether lambda can be chosen) and
        ``prototypes`` (int or None).

    Raises:
        ValueError: Not a published SOLIDER checkpoint, one of another
            ``arch``, or keys of unknown meaning, the first of which are
            listed.
    """
    if arch not in ('auto', *ARCHS):
        raise ValueError(
            f'unknown arch {arch!r}; valid: auto, {", ".join(ARCHS)}'
        )
    if not is_solider_checkpoint(checkpoint):
        raise ValueError(
            'this is no published SOLIDER checkpoint: neither '
            f'"backbone.{_MARK}" of a student or teacher nor a Swin with '
            'semantic embeddings is in it; its first keys are '
            f'{sorted(map(str, checkpoint))[:5]}'
        )
    networks = networks_of(checkpoint)
    new = rename_networks(
        checkpoint, networks, rename_swin_key, 'SOLIDER (a Swin)'
    )
    found = _arch_of(new.state_dict)
    if arch not in ('auto', found):
        raise ValueError(f'the checkpoint holds {found}, not {arch}')
    last = new.state_dict.get('neck.last_layer.weight_v')
    meta = {
        'kind': networks.kind,
        'arch': found,
        'epoch': epoch_of(checkpoint),
        'semantic': f'backbone.{_SEMANTIC}' in new.state_dict,
        'prototypes': None if last is None else len(last),
    }
    with_or_out = 'with' if meta['semantic'] else 'without'
    return Conversion(
        state_dict=new.state_dict,
        renamed=new.renamed,
        dropped=new.dropped,
        meta=meta,
        method='SOLIDER or its DINO stage',
        summary=(
            f'{networks.kind} checkpoint, {found} {with_or_out} semantic '
            'embeddings'
        ),
        notes=new.notes,
    )


def _arch_of(state: Mapping[str, Any]) -> str:
    """Return the published name of a size, or its numbers."""
    root = 'backbone.'
    found = identify(
        {k[len(root) :]: v for k, v in state.items() if k.startswith(root)}
    )
    options = found.options
    size = (options.get('embed_dims'), tuple(options.get('depths', ())))
    return _DEPTHS.get(size, found.name)
