"""A probe as a task of the benchmark: one backbone, one seed, figures.

The jobs of ``mmssl.downstream`` call :func:`run_probe` for configs that hold
a ``probe`` (``configs/puppets/probes``, ``configs/photos/probes``); everything
else they leave to the host projects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Union

import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from torch import nn

from mmssl.checkpoints.published import in_our_names
from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.probes.checkpoint_backbone import CheckpointBackbone, backbone_in
from mmssl.probes.parsing_network import (
    ParsingNetwork,
    built_network,
    carried_pixels,
)
from mmssl.registry import DATASETS, MODELS, TASK_UTILS
from mmssl.utils.random_state import kept_cpu_generators

Backbone = Union[nn.Module, Mapping[str, Any], str, Path]
_KEYS = ('benchmark', 'probe')


def run_probe(
    config: Config | Mapping[str, Any],
    backbone: Backbone,
    seed: int = 0,
    device: str | torch.device = 'cpu',
    architecture: Mapping[str, Any] | None = None,
) -> dict[str, float]:
    """Measure a frozen backbone by the probe of a task's config.

    Of the config: ``probe`` (one of ProbeHook's probes), ``benchmark.metric``
    (the figure that the table shows), and, where there, ``stages`` (outputs
    of the backbone that are taken, side by side, as far as it has them),
    ``normalize`` (mean and std in place of the checkpoint's or ImageNet's)
    and ``bank_images`` (so many of the labelled images are drawn by the
    seed). Nothing is left in the backbone; equal arguments give equal
    figures.

    Args:
        config: Of the task.
        backbone: A network, which is measured as it is; the file of a
            checkpoint of any method or of an exported backbone; or the
            config of a backbone, which gets random weights by the seed.
        seed: Of random weights, and of what the probe draws.
        device: Where the backbone runs.
        architecture: Config of a file's backbone, where neither the file nor
            its tensors tell; else not needed.

    Returns:
        Name -> figure, ``benchmark.metric`` among them.

    Raises:
        ValueError: The config lacks a key, its metric is none of the probe's
            figures, or labels do not fit.
        CheckpointError: The file has no backbone that can be built, or lacks
            some of its tensors.
    """
    metric = _checked(config)
    scope = DefaultScope.overwrite_default_scope('mmssl')
    with scope:
        network = probed_network(
            backbone,
            seed,
            config.get('stages'),
            config.get('normalize'),
            architecture,
        ).to(device)
        probe = TASK_UTILS.build(_probe_config(config, seed))
        if config.get('stages') is not None:
            probe.stages = _places(network, config['stages'])
        figures = probe.measure(network)
    if metric not in figures:
        raise ValueError(
            f'benchmark.metric is {metric!r}, the probe measures '
            f'{", ".join(sorted(figures))}'
        )
    return {name: float(value) for name, value in figures.items()}


def probed_network(
    backbone: Backbone,
    seed: int = 0,
    stages: Sequence[int] | None = None,
    normalize: Mapping[str, Any] | None = None,
    architecture: Mapping[str, Any] | None = None,
) -> ParsingNetwork:
    """Make of a backbone what the probes take: with a normalisation.

    Args:
        backbone: See :func:`run_probe`.
        seed: Of random weights.
        stages: Outputs of the backbone; None: as it is.
        normalize: ``dict(mean=, std=)``; None: the checkpoint's, else
            ImageNet's.
        architecture: See :func:`run_probe`.

    Returns:
        The network, in evaluation mode; a module that was given is in it,
        not a copy of it.
    """
    if isinstance(backbone, nn.Module):
        return ParsingNetwork(backbone, normalize).eval()
    if isinstance(backbone, Mapping):
        found = CheckpointBackbone(
            '', '', dict(backbone), str(backbone['type']), 'its config'
        )
        stages = stages_there(found.config, stages)
        return built_network(found, None, seed, stages, normalize)
    loaded = in_our_names(load_checkpoint(backbone))
    found = backbone_in(loaded, str(backbone), backbone=architecture)
    if normalize is None:
        normalize = carried_pixels(loaded)
    stages = stages_there(found.config, stages)
    return built_network(found, loaded, seed, stages, normalize)


def stages_there(
    backbone: Mapping[str, Any], stages: Sequence[int] | None
) -> tuple[int, ...] | None:
    """Return those of some outputs that a backbone has.

    So that one task fits a ResNet of four stages and a Swin of three.

    Args:
        backbone: Its config.
        stages: Outputs that are asked for; None: as it is.

    Returns:
        Those up to its last one, which its class gives out by default; its
        last one where none of them is there. None: as it is, also where
        its class has no ``out_indices``.

    Example:
        >>> stages_there(dict(type='ResNet', depth=18), (2, 3, 4))
        (2, 3)
    """
    if stages is None:
        return None
    scope = DefaultScope.overwrite_default_scope('mmssl')
    with scope, kept_cpu_generators():
        network = MODELS.build(dict(backbone, init_cfg=None))
    given = getattr(network, 'out_indices', None)
    if given is None:
        return None
    last = max([given] if isinstance(given, int) else given)
    there = tuple(stage for stage in stages if stage <= last)
    return there or (last,)


def _checked(config: Mapping[str, Any]) -> str:
    """Return the name of the figure that counts."""
    missing = [key for key in _KEYS if key not in config]
    if missing:
        raise ValueError(
            f'the config of a probe needs {" and ".join(missing)}: '
            'benchmark = dict(name=..., metric=...), probe = dict(type=..., '
            'loader=..., bank_loader=...)'
        )
    if 'metric' not in config['benchmark']:
        raise ValueError('benchmark needs metric, a figure of the probe')
    return str(config['benchmark']['metric'])


def _probe_config(config: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """Return the probe's config with the seed and the outputs."""
    probe = dict(config['probe'])
    kind = TASK_UTILS.get(probe['type'])
    if getattr(kind, 'is_seeded', False):
        probe.setdefault('seed', seed)
    images = config.get('bank_images')
    if images is not None:
        probe['bank_loader'] = _drawn(probe['bank_loader'], images, seed)
    return probe


def _places(network: ParsingNetwork, stages: Sequence[int]) -> tuple[int, ...]:
    """Return where stages stand among what a network gives out."""
    given = getattr(network.backbone, 'out_indices', None)
    if given is None:
        return (-1,)
    outputs = [given] if isinstance(given, int) else list(given)
    places = [i for i, stage in enumerate(outputs) if stage in stages]
    return tuple(places) or (-1,)


def _drawn(loader: Mapping[str, Any], images: int, seed: int) -> Any:
    """Return a loader's config with some of its images, drawn by the seed."""
    dataset = DATASETS.build(loader['dataset'])
    if images < len(dataset):
        drawn = np.random.default_rng(seed).permutation(len(dataset))[:images]
        dataset.get_subset_(np.sort(drawn).tolist())
    return dict(loader, dataset=dataset)
