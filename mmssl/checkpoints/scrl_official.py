"""Checkpoints of the published SCRL and BYOL -> mmssl: a pure renaming.

A published file holds one state dict for each network::

    {'online_network_state_dict': {'encoder.*', 'projector.*'},
     'target_network_state_dict': {'encoder.*', 'projector.*'},
     'predictor_state_dict': {'net.*'},
     'evaluator_state_dict': {'linear.*'},   # the online classifier
     'optimizer_state_dict': ..., 'epoch': ..., ...}

SCRL and BYOL have the same networks, so that the file does not tell one from
the other. :mod:`mmssl.checkpoints.scrl_names` has the names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from mmssl.checkpoints.conversion import Conversion, refuse_unknown
from mmssl.checkpoints.scrl_names import NETWORKS, rename_key

# Architecture by the number of blocks in layer3.
_ARCHS = {6: 'resnet50', 23: 'resnet101'}
ARCHS = tuple(sorted(_ARCHS.values()))
_STATE = '_state_dict'
_REASONS = {
    'epoch': 'kept as meta["epoch"]',
    'tag': 'the published name of the file',
    'max_eval_score': 'a result, not a weight',
    'max_eval_epoch': 'a result, not a weight',
    'optimizer_state_dict': 'numbered by the published order of parameters',
    'scheduler_state_dict': 'of the published training',
    'scaler_state_dict': 'of the published training',
    'xent_loss_state_dict': 'a loss without tensors',
}


def is_scrl_checkpoint(checkpoint: Mapping[str, Any]) -> bool:
    """Tell published SCRL and BYOL files by their names.

    Args:
        checkpoint: the loaded file, or the state dict of its online network.

    Example:
        >>> is_scrl_checkpoint({'online_network_state_dict': {}, 'epoch': 3})
        True
        >>> is_scrl_checkpoint({'state_dict': {}})
        False
    """
    if f'online_network{_STATE}' in checkpoint:
        return True
    return any(
        re.fullmatch(r'(module\.)?encoder\.(0|4\.0\.conv1)\.weight', str(key))
        for key in checkpoint
    )


def convert_scrl_checkpoint(
    checkpoint: Mapping[str, Any], arch: str = 'auto'
) -> Conversion:
    """Rename the keys of a published checkpoint or of its online network.

    Source: Roh et al. 2021 (SCRL), ``trainer/base.py`` (the file),
        ``models/backbone.py`` and ``models/heads.py`` (the networks).
    Deviates: states of optimiser, schedule and loss scaling are dropped, and
        that is reported.

    Args:
        checkpoint: the loaded file, or the bare state dict of an online
            network.
        arch: ``'resnet50'``, ``'resnet101'``, or ``'auto'``: seen from the
            keys.

    Returns:
        The conversion; its ``meta`` has ``kind`` ('full': online, target and
        predictor; 'online': without one of them; 'encoder': without any
        head), ``arch``, ``epoch`` (int or None) and ``classes`` (of the
        online classifier; int or None).

    Raises:
        ValueError: not a published SCRL checkpoint, one of another ``arch``,
            or keys of unknown meaning, the first of which are listed.
    """
    if arch not in ('auto', *ARCHS):
        raise ValueError(
            f'unknown arch {arch!r}; valid: auto, {", ".join(ARCHS)}'
        )
    networks, rest = _networks_of(checkpoint)
    found = _detect_arch(networks['online_network'])
    if arch not in ('auto', found):
        raise ValueError(f'the checkpoint holds {found}, not {arch}')
    named = {
        f'{network}{_STATE}/{key}': (rename_key(key, network), tensor)
        for network, tensors in networks.items()
        for key, tensor in tensors.items()
    }
    refuse_unknown(
        (key for key, (new, _) in named.items() if new is None),
        f'SCRL with {found}',
    )
    others = [k for k, (_, t) in named.items() if not isinstance(t, Tensor)]
    if others:
        raise ValueError(f'these keys hold no tensors: {sorted(others)[:5]}')
    state_dict = {str(new): tensor for new, tensor in named.values()}
    if len(state_dict) < len(named):
        raise ValueError('keys occur both with and without a prefix')
    meta = _meta(checkpoint, state_dict, found)
    return Conversion(
        state_dict=state_dict,
        renamed={key: str(new) for key, (new, _) in named.items()},
        dropped={
            key: _REASONS.get(key, 'no part of the networks')
            for key in sorted(rest)
        },
        meta=meta,
        method='SCRL or BYOL',
        summary=_summary(meta),
    )


def _networks_of(
    checkpoint: Mapping[str, Any],
) -> tuple[dict[str, Mapping[str, Tensor]], set[str]]:
    """Return the networks of a file, and the names of its other entries."""
    if f'online_network{_STATE}' not in checkpoint:
        if is_scrl_checkpoint(checkpoint):  # the bare network
            return {'online_network': checkpoint}, set()
        raise ValueError(
            'this is no published SCRL or BYOL checkpoint: it has no '
            f"'online_network{_STATE}', and none of its {len(checkpoint)} "
            "keys is 'encoder.0.weight'; its first keys are "
            f'{sorted(map(str, checkpoint))[:5]}'
        )
    networks = {
        name: checkpoint[name + _STATE]
        for name in NETWORKS
        if name + _STATE in checkpoint
    }
    for name, tensors in networks.items():
        if not isinstance(tensors, Mapping):
            raise ValueError(
                f"'{name}{_STATE}' holds no tensors, but {tensors!r:.60}"
            )
    taken = {name + _STATE for name in networks}
    return networks, {str(key) for key in checkpoint if key not in taken}


def _detect_arch(tensors: Mapping[str, Any]) -> str:
    """Return the architecture of an encoder by its blocks."""
    names = (re.search(r'encoder\.6\.(\d+)\.conv3', str(k)) for k in tensors)
    blocks = len({match[1] for match in names if match})
    if blocks not in _ARCHS:
        raise ValueError(
            f'the encoder has {blocks} bottleneck blocks in its third layer; '
            'the published ones are '
            + ' and '.join(f'{a} ({b})' for b, a in sorted(_ARCHS.items()))
            + f'. Its first keys are {sorted(map(str, tensors))[:5]}'
        )
    return _ARCHS[blocks]


def _meta(
    checkpoint: Mapping[str, Any], state_dict: Mapping[str, Any], arch: str
) -> dict[str, Any]:
    """Describe what was converted."""
    roots = {key.split('.')[0] for key in state_dict}
    kind = 'encoder' if roots <= {'backbone', 'online_probe'} else 'online'
    if {'backbone', 'neck', 'head', 'teacher'} <= roots:
        kind = 'full'
    epoch = checkpoint.get('epoch')
    probe = state_dict.get('online_probe.linear.weight')
    return {
        'kind': kind,
        'arch': arch,
        'epoch': epoch if isinstance(epoch, int) else None,
        'classes': None if probe is None else len(probe),
    }


def _summary(meta: Mapping[str, Any]) -> str:
    probe = f', classifier of {meta["classes"]}' if meta['classes'] else ''
    return f'{meta["kind"]} checkpoint, {meta["arch"]}{probe}'
