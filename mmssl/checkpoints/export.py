"""Write the backbone of a pretraining checkpoint for other projects.

Only what starts with the prefix goes out: necks (the published ``conv8`` and
``conv5``, projectors), motion encoder, decoder, head, the other one of
student and teacher, optimizer and logs stay behind. A pretrained feature
pyramid goes out with the backbone where it is asked for. A backbone that
follows lambda goes out as it is, or with one lambda folded in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config

from mmssl.checkpoints.architectures import Architecture
from mmssl.checkpoints.export_file import write_checked
from mmssl.checkpoints.export_meta import of_export
from mmssl.checkpoints.export_state import prepare
from mmssl.checkpoints.export_targets import build_target
from mmssl.checkpoints.fpn_layout import build_mmdet_fpn, fpn_to_mmdet
from mmssl.checkpoints.layouts import to_layout
from mmssl.checkpoints.load_report import LoadReport, compare, state_of
from mmssl.checkpoints.parts import find_part
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.position_resize import grid_of
from mmssl.checkpoints.published import in_our_names
from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.checkpoints.semantic_fold import plain_backbone
from mmssl.registry import MODELS
from mmssl.version import __version__

SUFFIXES = ('.pt', '.pth', '.safetensors')


def export_backbone(
    checkpoint: str | Path,
    out: str | Path,
    *,
    layout: str = 'mm',
    config: str | Path | Config | None = None,
    part: str = 'student',
    prefix: str | None = None,
    out_prefix: str | None = None,
    fpn: bool = False,
    semantic_weight: float | None = None,
    window_size: int | None = None,
    img_size: Sequence[int] | None = None,
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
        checkpoint: A checkpoint of mmssl, or converted to it, or a published
            one of SOLIDER or DINO that has a student or a teacher.
        out: File to write; the suffix chooses the format.
        layout: 'mm' (mmpretrain, mmdet, mmseg, mmpose), 'timm' or
            'torchvision'.
        config: The config that the checkpoint was trained with. Needed only
            for backbones that are not recognised by their names.
        part: ``'student'``, the trained backbone (``backbone.``), which
            methods without a teacher have, too; or ``'teacher'``, its
            momentum average (``teacher.backbone.``).
        prefix: Beginning of the backbone's names in a checkpoint that calls
            it otherwise; not with ``part``.
        out_prefix: Beginning of the names in the output. By default none,
            but ``'backbone.'`` for a Swin in layout 'mm': the Swins of mmdet,
            mmseg and mmpose read that (with ``convert_weights=False``), and
            mmdet's reads nothing else. With ``fpn`` always ``'backbone.'``.
        fpn: Write the pretrained feature pyramid, too, as ``neck.*`` in the
            names of mmdet's FPN, so that one file initialises backbone and
            neck of a detector; layout 'mm' only.
        semantic_weight: Lambda in [0, 1] to fold into a backbone that
            follows it: the result is a plain one, equal to 1e-5, that needs
            no mmssl. None: lambda stays adjustable, with mmssl's class.
        window_size: New side of a Swin's windows; its relative position
            tables are interpolated (bicubic), and the report says so.
        img_size: New (h, w) of a ViT's images, px; the same for its position
            embedding.

    Returns:
        The comparison with the target, or None where the target's library
        is not installed.

    Raises:
        ValueError: Unknown suffix, layout or part, or two that exclude each
            other; lambda or a size out of range, or not of this backbone.
        CheckpointError: No backbone (no teacher, no pyramid) in the file, no
            place in the layout.
        CheckpointMismatch: The target lacks tensors, or has no place for
            some; nothing is written.
    """
    out = Path(out)
    if out.suffix not in SUFFIXES:
        raise ValueError(
            f'the output must end in one of {", ".join(SUFFIXES)}, '
            f'got {str(out)!r}'
        )
    chosen = find_part(part, prefix)
    out_prefix = _checked_out_prefix(out_prefix, layout, fpn)
    loaded = in_our_names(load_checkpoint(checkpoint))
    state = state_of(loaded, chosen.backbone)
    backbone = _backbone_of(config, state)
    ready = prepare(
        state,
        layout=layout,
        semantic_weight=semantic_weight,
        window_size=window_size,
        img_size=img_size,
        grid=grid_of(loaded, backbone),
    )
    meta = loaded.get('meta')
    meta = meta if isinstance(meta, dict) else {}
    _check_style(ready.architecture, layout, backbone, meta)
    if out_prefix is None:
        own_loader = layout == 'mm' and ready.architecture.family == 'swin'
        out_prefix = 'backbone.' if own_loader else ''
    renamed = to_layout(ready.state, ready.architecture, layout)
    new = {out_prefix + name: tensor for name, tensor in renamed.items()}
    trained = backbone  # says more than the folded one: strides
    if semantic_weight is not None and backbone is not None:
        backbone = plain_backbone(backbone)
    targets = {out_prefix: build_target(ready.architecture, layout, backbone)}
    if fpn:
        pyramid = state_of(loaded, chosen.fpn)
        for name, tensor in fpn_to_mmdet(pyramid).items():
            new[f'neck.{name}'] = tensor
        targets['neck.'] = build_mmdet_fpn(pyramid)
    new_meta = dict(
        _origin(meta, config),
        architecture=ready.architecture.name + ' with FPN' * fpn,
        part=part if prefix is None else prefix,
        layout=layout,
        mmssl_version=__version__,
        **of_export(ready, loaded, out_prefix, semantic_weight, trained),
    )
    return write_checked(out, new, new_meta, targets, ready.resized)


def _checked_out_prefix(
    out_prefix: str | None, layout: str, fpn: bool
) -> str | None:
    """Refuse what a file with a pyramid cannot be."""
    if not fpn:
        return out_prefix
    if layout != 'mm' or out_prefix not in (None, 'backbone.'):
        raise ValueError(
            'a pyramid is written in layout "mm" beside names that start '
            f'with "backbone.", got {layout!r} and {out_prefix!r}'
        )
    return 'backbone.'


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
