"""Write the backbone of a pretraining checkpoint for other projects.

Only what starts with the prefix goes out: necks (the published ``conv8`` and
``conv5``), motion encoder, decoder, head, optimizer and logs stay behind.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config

from mmssl.checkpoints.architectures import Architecture, identify
from mmssl.checkpoints.export_targets import HEADS, build_target
from mmssl.checkpoints.layouts import to_layout
from mmssl.checkpoints.load_report import (
    CheckpointMismatch,
    LoadReport,
    compare,
    state_of,
)
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.registry import MODELS
from mmssl.utils.optional import require
from mmssl.version import __version__

SUFFIXES = ('.pt', '.pth', '.safetensors')


def export_backbone(
    checkpoint: str | Path,
    out: str | Path,
    *,
    layout: str = 'mm',
    config: str | Path | Config | None = None,
    prefix: str = 'backbone.',
    out_prefix: str | None = None,
) -> LoadReport | None:
    """Write a checkpoint's backbone in a library's layout, and check it.

    The file is read again and compared with the network it is for; only then
    it gets its name. Beside it, ``<out>.json`` keeps the meta and the report.

    A ``.pth`` in layout 'mm' is ``dict(state_dict, meta)``, as mmengine's
    ``init_cfg=dict(type='Pretrained', checkpoint=...)`` reads it; in the
    other layouts it is the tensors alone, as ``load_state_dict`` wants them.
    ``.safetensors`` keeps the meta in its header; mmengine itself cannot read
    that format.

    Args:
        checkpoint: A checkpoint of mmssl, or converted to it.
        out: File to write; the suffix chooses the format.
        layout: 'mm' (mmpretrain, mmdet, mmseg, mmpose), 'timm' or
            'torchvision'.
        config: The config that the checkpoint was trained with. Needed only
            for backbones that are not recognised by their names.
        prefix: Beginning of the backbone's names in the checkpoint.
        out_prefix: Beginning of the names in the output. By default none,
            but ``'backbone.'`` for a Swin in layout 'mm': the Swins of mmdet,
            mmseg and mmpose read that (with ``convert_weights=False``), and
            mmdet's reads nothing else.

    Returns:
        The comparison with the target, or None where the target's library
        is not installed.

    Raises:
        ValueError: Unknown suffix or layout.
        CheckpointError: No backbone in the file, no place in the layout.
        CheckpointMismatch: The target lacks tensors, or has no place for
            some; nothing is written.
    """
    out = Path(out)
    if out.suffix not in SUFFIXES:
        raise ValueError(
            f'the output must end in one of {", ".join(SUFFIXES)}, '
            f'got {str(out)!r}'
        )
    loaded = load_checkpoint(checkpoint)
    state = state_of(loaded, prefix)
    architecture = identify(state)
    meta = loaded.get('meta')
    meta = meta if isinstance(meta, dict) else {}
    backbone = _backbone_of(config, state)
    _check_style(architecture, layout, backbone, meta)
    if out_prefix is None:
        own_loader = layout == 'mm' and architecture.family == 'swin'
        out_prefix = 'backbone.' if own_loader else ''
    new = {
        out_prefix + name: tensor.detach().clone().contiguous()
        for name, tensor in to_layout(state, architecture, layout).items()
    }
    target = build_target(architecture, layout, backbone)
    new_meta = dict(
        _origin(meta, config),
        architecture=architecture.name,
        layout=layout,
        mmssl_version=__version__,
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f'.{out.stem}.partial{out.suffix}')
    try:
        _write(partial, new, new_meta, layout)
        state = state_of(load_checkpoint(partial), out_prefix)
        report = _check(state, target, f'{out} [{layout}]')
        os.replace(partial, out)
    finally:
        partial.unlink(missing_ok=True)
    sidecar = dict(meta=new_meta, report=report and report.as_dict())
    out.with_name(out.name + '.json').write_text(json.dumps(sidecar, indent=2))
    return report


def _backbone_of(
    config: str | Path | Config | None, state: Mapping[str, torch.Tensor]
) -> dict | None:
    """Return the config's backbone, once the tensors are known to fit it."""
    if config is None:
        return None
    cfg = config if isinstance(config, Config) else Config.fromfile(config)
    if 'backbone' not in cfg.get('model', {}):
        raise ValueError(f'{cfg.filename} has no model.backbone')
    backbone = dict(cfg.model.backbone)
    built = MODELS.build(dict(backbone, init_cfg=None))
    compare(
        state,
        built.state_dict(),
        source='the checkpoint',
        target=f"the config's backbone ({type(built).__name__})",
    ).check(1.0)
    return backbone


def _check_style(
    architecture: Architecture, layout: str, backbone: dict | None, meta: dict
) -> None:
    """Refuse the older ResNet, whose stride sits elsewhere, outside mm.

    It has the same names and shapes and gives other features.
    """
    caffe = (backbone or {}).get('style') == 'caffe' or re.search(
        r"style\s*=\s*'caffe'", str(meta.get('cfg', ''))
    )
    if architecture.family == 'resnet' and layout != 'mm' and caffe:
        raise CheckpointError(
            f"a ResNet of style='caffe' has its strides in other places than "
            f'the one of {layout}: features would differ. Use layout "mm"'
        )


def _origin(meta: dict, config: str | Path | Config | None) -> dict[str, Any]:
    """Return where the weights come from, as plain data.

    The config's name, not its text: mmengine runs ``meta['config']``.
    """
    name = config.filename if isinstance(config, Config) else config
    origin = {
        'config_name': Path(name).stem if name else None,
        'experiment': meta.get('experiment_name'),
        'iter': meta.get('iter'),
        'epoch': meta.get('epoch'),
    }
    return {key: value for key, value in origin.items() if value is not None}


def _write(
    file: Path, tensors: dict[str, torch.Tensor], meta: dict, layout: str
) -> None:
    if file.suffix == '.safetensors':
        save = require('safetensors.torch', 'writing .safetensors').save
        # save_file would leave a file that only its owner may read
        file.write_bytes(
            save(tensors, metadata={k: str(v) for k, v in meta.items()})
        )
    elif layout == 'mm':
        torch.save(dict(state_dict=tensors, meta=meta), file)
    else:
        torch.save(tensors, file)


def _check(
    state: dict, target: torch.nn.Module | None, name: str
) -> LoadReport | None:
    """Compare what was written with its target, both ways."""
    if target is None:
        return None
    report = compare(
        state,
        target.state_dict(),
        source=name,
        target=f'{type(target).__module__}.{type(target).__name__}',
        optional=HEADS,
    ).check(1.0)
    if report.unexpected:
        raise CheckpointMismatch(
            'the target has no place for some of the backbone, and its '
            f'features would differ\n{report}'
        )
    return report
