"""Load an exported backbone the way mmdet and mmseg do, and look.

The whole model is built from its config, its backbone is initialised by
``init_cfg=dict(type='Pretrained', checkpoint=...)``, and then every tensor is
compared by value with the file.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config, ConfigDict
from mmengine.logging import MMLogger
from mmengine.registry import MODELS, DefaultScope, init_default_scope
from torch import nn

from mmssl.checkpoints.load_report import LoadReport, compare, state_of
from mmssl.checkpoints.safe_load import install_safe_loader, load_checkpoint
from mmssl.utils.optional import require

_PREFIX = 'backbone.'
_PACKAGES = ('mmdet', 'mmpose', 'mmpretrain', 'mmseg')


def check_downstream(
    path: str | Path,
    config: str | Config,
    *,
    backbone: dict | None = None,
    min_matched: float = 1.0,
) -> LoadReport:
    """Say how much of another project's backbone a file initialises.

    Args:
        path: A file of ``tools/export.py --layout mm``.
        config: A config of mmdet, mmseg, mmpose or mmpretrain: its path,
            ``'mmdet::faster_rcnn/faster-rcnn_r50_fpn_1x_coco.py'``, or
            loaded.
        backbone: Merged into ``model.backbone``, e.g. ``dict(type='ResNet')``
            for mmseg's FCN, whose default has another stem.
        min_matched: Share of the backbone's tensors that must arrive.

    Returns:
        The report; ``matched`` are tensors that hold the file's values after
        ``init_weights``.

    Raises:
        CheckpointMismatch: Less arrived.
        ImportError: The project is not installed; the message has the extra.
        FileNotFoundError: No such config.
    """
    install_safe_loader()
    cfg = config if isinstance(config, Config) else _read(config)
    scope = cfg.get('default_scope') or str(config).split('::')[0]
    state = state_of(load_checkpoint(path))
    init_cfg = dict(type='Pretrained', checkpoint=str(path))
    if all(name.startswith(_PREFIX) for name in state):
        init_cfg['prefix'] = _PREFIX
        state = {name[len(_PREFIX) :]: state[name] for name in state}
    model_cfg = _prepared(cfg.model, dict(backbone or {}, init_cfg=init_cfg))
    net = _initialised_backbone(model_cfg, scope)
    return _arrived(state, net, str(path), f'{scope} {model_cfg.type}').check(
        min_matched
    )


def _read(config: str) -> Config:
    """Read a config, also ``package::name`` (without pkg_resources)."""
    package, separator, name = str(config).partition('::')
    if not separator:
        return Config.fromfile(config)
    require(package, f'the config {config}')
    spec = importlib.util.find_spec(package)
    root = Path(str(spec and spec.origin)).parent
    for file in (
        root / '.mim' / 'configs' / name,
        root.parent / 'configs' / name,
    ):
        if file.is_file():
            return Config.fromfile(file)
    raise FileNotFoundError(f'{package} has no config {name!r}')


def _prepared(model: ConfigDict, backbone: dict) -> ConfigDict:
    """Return a copy of the model's config with changes to its backbone."""
    model = ConfigDict(model.to_dict())
    model.backbone.update(backbone)
    model.pop('pretrained', None)
    model.pop('init_cfg', None)
    return _without_sync_bn(model)


def _without_sync_bn(value: Any) -> Any:
    """Replace SyncBN, which runs on GPUs only; names are the same."""
    if isinstance(value, dict):
        for key, item in value.items():
            value[key] = 'BN' if item == 'SyncBN' else _without_sync_bn(item)
    elif isinstance(value, (list, tuple)):
        return type(value)(_without_sync_bn(item) for item in value)
    return value


def _initialised_backbone(model: ConfigDict, scope: str) -> nn.Module:
    """Build a whole model in its project's scope, and initialise its backbone.

    The former scope is set again. The host would log a line per tensor; the
    report says it shorter.
    """
    if scope in _PACKAGES:
        utils = require(f'{scope}.utils', f'building {model.type}')
        utils.register_all_modules(init_default_scope=False)
    former = DefaultScope.get_current_instance()
    init_default_scope(scope)
    logger = MMLogger.get_current_instance()
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        backbone = MODELS.build(model).backbone
        backbone.init_weights()
        return backbone
    finally:
        logger.setLevel(level)
        if former is not None:
            init_default_scope(former.scope_name)


def _arrived(
    state: Mapping[str, torch.Tensor],
    backbone: nn.Module,
    source: str,
    target: str,
) -> LoadReport:
    """Compare by value: what differs counts as missing."""
    now = backbone.state_dict()
    arrived = {
        name: tensor
        for name, tensor in state.items()
        if name not in now
        or now[name].shape != tensor.shape
        or torch.equal(now[name].cpu(), tensor.cpu())
    }
    return compare(arrived, now, source=source, target=f'{target}.backbone')
