"""The backbone that a user of probes names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmssl.engine.run_config import LaunchError, load_config


def given_backbone(
    config: str | Path | Config | None,
    backbone: str | Mapping[str, Any] | None,
) -> Mapping[str, Any] | None:
    """Return the config of the backbone that the user names.

    Args:
        config: One that a checkpoint was trained with.
        backbone: Name or config; not looked at if there is a config.

    Returns:
        None if neither is given.

    Raises:
        LaunchError: The config has no backbone.
    """
    if config is not None:
        cfg = load_config(config)
        if 'backbone' not in cfg.get('model', {}):
            raise LaunchError(f'{config} has no model.backbone')
        return dict(cfg.model.backbone)
    if isinstance(backbone, str):
        # Here: it knows the architectures of all host projects.
        from mmssl.pretraining.backbones import find_backbone

        return find_backbone(backbone, size=224).config
    return backbone
