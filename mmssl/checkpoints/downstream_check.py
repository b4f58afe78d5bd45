"""Load an exported backbone the way mmdet and mmseg do, and look.

The whole model is built from its config, its backbone (and its neck, if the
file has one) is initialised by ``init_cfg=dict(type='Pretrained',
checkpoint=...)``, and then every tensor is compared by value with the file.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from mmengine.config import Config, ConfigDict
from mmengine.logging import MMLogger
from mmengine.registry import MODELS, DefaultScope, init_default_scope
from torch import nn

from mmssl.checkpoints.load_report import LoadReport, compare, state_of
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.safe_load import install_safe_loader, load_checkpoint
from mmssl.utils.optional import require
from mmssl.utils.sync_bn import without_sync_bn

# Parts of a model that a file may hold.
_PARTS = ('backbone', 'neck')
_PACKAGES = ('mmdet', 'mmpose', 'mmpretrain', 'mmseg')


def check_downstream(
    path: str | Path,
    config: str | Config,
    *,
    backbone: dict | None = None,
    min_matched: float = 1.0,
) -> LoadReport:
    """Say how much of another project's model a file initialises.

    A file of plain names is a backbone; one of ``backbone.*`` and ``neck.*``
    initialises both parts. ``convert_weights=True`` of a Swin's config, which
    is for Microsoft's files, is set to False, as its user has to do.

    Args:
        path: A file of ``tools/export.py --layout mm``.
        config: A config of mmdet, mmseg, mmpose or mmpretrain: its path,
            ``'mmdet::faster_rcnn/faster-rcnn_r50_fpn_1x_coco.py'``, or
            loaded.
        backbone: Merged into ``model.backbone``, e.g. ``dict(type='ResNet')``
            for mmseg's FCN, whose default has another stem.
        min_matched: Share of the parts' tensors that must arrive.

    Returns:
        The report; ``matched`` are tensors that hold the file's values after
        ``init_weights``.

    Raises:
        CheckpointMismatch: Less arrived.
        CheckpointError: The file has a neck, and the model none or several.
        ImportError: The project is not installed; the message has the extra.
        FileNotFoundError: No such config.
    """
    install_safe_loader()
    cfg = config if isinstance(config, Config) else _read(config)
    scope = cfg.get('default_scope') or str(config).split('::')[0]
    state = state_of(load_checkpoint(path))
    prefixes = {part: f'{part}.' for part in _parts_of(state)}
    if not prefixes:
        prefixes = {'backbone': ''}
        state = {f'backbone.{name}': state[name] for name in state}
    changes = {'backbone': dict(backbone or {})}
    for part, prefix in prefixes.items():
        init_cfg = dict(type='Pretrained', checkpoint=str(path))
        if prefix:
            init_cfg['prefix'] = prefix
        changes.setdefault(part, {})['init_cfg'] = init_cfg
    model_cfg = _prepared(cfg.model, changes)
    net = _initialised(model_cfg, scope, list(prefixes))
    return _arrived(state, net, str(path), f'{scope} {model_cfg.type}').check(
        min_matched
    )


def _parts_of(state: Mapping[str, torch.Tensor]) -> list[str]:
    """Return the parts that all names of a file belong to, if they do."""
    roots = {name.split('.')[0] for name in state}
    return [p for p in _PARTS if p in roots] if roots <= set(_PARTS) else []


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


def _prepared(model: ConfigDict, changes: Mapping[str, dict]) -> ConfigDict:
    """Return a copy of the model's config with changes to its parts."""
    model = ConfigDict(model.to_dict())
    for part, change in changes.items():
        if not isinstance(model.get(part), dict):
            raise CheckpointError(
                f'the file has a {part}, and the model {model.type} has '
                f'{"several" if model.get(part) else "none"}'
            )
        model[part].update(change)
        # Swins of mmdet and mmpose would reorder what is in mm's order
        if model[part].get('convert_weights'):
            model[part].convert_weights = False
    model.pop('pretrained', None)
    model.pop('init_cfg', None)
    return without_sync_bn(model)


def _initialised(
    model: ConfigDict, scope: str, parts: Sequence[str]
) -> nn.Module:
    """Build a whole model in its project's scope, and initialise its parts.

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
        built = MODELS.build(model)
        for part in parts:
            getattr(built, part).init_weights()
        return nn.ModuleDict({part: getattr(built, part) for part in parts})
    finally:
        logger.setLevel(level)
        if former is not None:
            init_default_scope(former.scope_name)


def _arrived(
    state: Mapping[str, torch.Tensor],
    parts: nn.Module,
    source: str,
    target: str,
) -> LoadReport:
    """Compare by value: what differs counts as missing."""
    now = parts.state_dict()
    arrived = {
        name: tensor
        for name, tensor in state.items()
        if name not in now
        or now[name].shape != tensor.shape
        or torch.equal(now[name].cpu(), tensor.cpu())
    }
    names = ' and '.join(name for name, _ in parts.named_children())
    return compare(arrived, now, source=source, target=f'{target}.{names}')
