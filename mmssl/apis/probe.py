"""How good are the features of a checkpoint: the offline protocols."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.logging import print_log

from mmssl.apis.given_backbone import given_backbone
from mmssl.engine.launch import train
from mmssl.engine.run_config import LaunchError
from mmssl.evaluation.class_accuracy import ClassAccuracy
from mmssl.probes.accuracy_table import accuracy_table
from mmssl.probes.checkpoint_backbone import (
    CheckpointBackbone,
    backbone_of_checkpoint,
)
from mmssl.probes.fast_probe import (
    features_of,
    knn_accuracy,
    linear_accuracy,
)
from mmssl.probes.protocol_config import (
    ProbeData,
    find_data,
    protocol_config,
)

PROTOCOLS = ('knn', 'linear', 'roi')
_ENOUGH = 10_000  # training images for a recipe made for a million
_FAST_SHORT_SIDE = 320  # px, of images with boxes


@dataclass(frozen=True)
class ProbeOptions:
    """What may be chosen beside checkpoint and data.

    Attributes:
        part: 'student' or 'teacher'.
        backbone: Name or config, for what is not recognised.
        config: Config of the training, the same purpose.
        fpn: Boxes on the checkpoint's feature pyramid.
        semantic_weight: Lambda of SOLIDER's backbones; default: their own.
        size: Px: side of the crops (224), or short side of images with boxes
            (800; fast 320).
        statistics: Of batch normalisation: 'batch' or 'running'; default: as
            the protocol says.
        k: Neighbours.
        temperature: Of their votes.
        l2: Penalty of the fast linear classifier; default: chosen.
        seed: Of the random backbone and the choice of images.
        workers: That load data.
        device: 'auto', 'cpu', 'cuda', ... of the fast protocols.
        batch_size: Images of a training step and process (not fast).
        work_dir: Of the training (not fast); a folder for each backbone.
        resume: Go on from the newest checkpoint there (not fast).
        cfg_options: Changes to its config (not fast).
        launcher: As of ``train`` (not fast).
    """

    part: str = 'student'
    backbone: str | Mapping[str, Any] | None = None
    config: str | Path | None = None
    fpn: bool = False
    semantic_weight: float | None = None
    size: int | None = None
    statistics: str | None = None
    k: int = 20
    temperature: float = 0.07
    l2: float | None = None
    seed: int = 0
    workers: int | None = None
    device: str = 'auto'
    batch_size: int | None = None
    work_dir: str = 'work_dirs/probe'
    resume: bool = False
    cfg_options: dict[str, Any] | None = None
    launcher: str = 'none'


@dataclass(frozen=True)
class ProbeResult:
    """What came of a probe.

    Attributes:
        rows: (backbone, classifier) -> accuracy.
        told: Protocol, backbone and data, in words.
        seconds: Of the whole probe.
    """

    rows: dict[tuple[str, str], ClassAccuracy]
    told: str
    seconds: float
    notes: dict[str, Any] = field(default_factory=dict)

    def table(self) -> str:
        """Return the table with what it is of."""
        return f'{self.told}\n{accuracy_table(self.rows)}'

    def save(self, path: str | Path) -> Path:
        """Write everything as JSON; return the path."""
        content = dict(
            told=self.told,
            seconds=round(self.seconds, 1),
            rows=[
                dict(backbone=name, classifier=kind, **found._asdict())
                for (name, kind), found in self.rows.items()
            ],
            **self.notes,
        )
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=2))
        return path


def probe(
    protocol: str,
    checkpoint: str | Path,
    data: str | Path,
    *,
    val: str | Path | None = None,
    images: str | Path | None = None,
    val_images: str | Path | None = None,
    val_share: float = 0.2,
    fast: bool | None = None,
    beside_random: bool = False,
    options: ProbeOptions | None = None,
) -> ProbeResult:
    """Judge the frozen features of a checkpoint of any method.

    Args:
        protocol: 'linear': pooled features of images; 'roi': features of
            ground-truth boxes; 'knn': either, without training.
        checkpoint: File of mmssl, an exported or a torchvision backbone, a
            model of mmpretrain or mmdet.
        data: Class folders or a COCO json file; see
            :func:`mmssl.probes.protocol_config.find_data`.
        val: The same for validation.
        images: Folder of the images of a json file.
        val_images: The same for ``val``.
        val_share: Share held back where there is no validation data.
        fast: Fit classifiers on features that are extracted once; False:
            train the published recipe; default: fast where there is no GPU,
            or fewer than 10,000 training images.
        beside_random: Also judge the backbone with random weights.
        options: Everything else.

    Returns:
        Accuracies.

    Raises:
        LaunchError: Something does not fit; it says what.
        CheckpointError: There is no backbone that can be built.
        ValueError: Labels are missing or out of range.
    """
    start = time.time()
    options = options or ProbeOptions()
    if protocol not in PROTOCOLS:
        raise LaunchError(
            f'protocol must be one of {", ".join(PROTOCOLS)}, got {protocol!r}'
        )
    found = backbone_of_checkpoint(
        checkpoint,
        options.part,
        given_backbone(options.config, options.backbone),
    ).at_lambda(options.semantic_weight)
    seen = find_data(data, val, images, val_images, val_share, options.seed)
    fast = _is_fast(protocol, fast, seen.number)
    rows: dict[tuple[str, str], ClassAccuracy] = {}
    for random in (False, True)[: 1 + beside_random]:
        cfg = _config(protocol, found, seen, options, fast, random)
        name = 'random weights' if random else Path(found.path).name
        run = _fast if fast else _trained
        classes = len(seen.classes)
        for kind, one in run(cfg, protocol, classes, options, name).items():
            rows[name, kind] = one
    told = (
        f'{protocol}{" on the pyramid" if options.fpn else ""}, '
        f'{"features extracted once" if fast else "trained head"}: '
        f'{found.name} ({options.part}, by {found.origin}); {seen.told}'
    )
    notes = dict(checkpoint=str(found.path), backbone_config=found.config)
    return ProbeResult(rows, told, time.time() - start, notes)


def _is_fast(protocol: str, fast: bool | None, images: int) -> bool:
    """Choose how the classifier is fitted, where the user has not."""
    if protocol == 'knn':
        return True
    if fast is None:
        return not torch.cuda.is_available() or images < _ENOUGH
    if not fast and images < _ENOUGH:
        print_log(
            f'the published recipe takes small steps; with {images} images '
            'it may end before the head has learnt: --fast fits to the end',
            logger='current',
            level=logging.WARNING,
        )
    return fast


def _config(
    protocol: str,
    found: CheckpointBackbone,
    seen: ProbeData,
    options: ProbeOptions,
    fast: bool,
    random: bool,
) -> Config:
    """Return the config that says model, data and transforms."""
    kind = protocol
    if protocol == 'knn':
        kind = 'roi' if seen.boxes else 'linear'
    size = options.size
    if size is None and fast and kind == 'roi':
        size = _FAST_SHORT_SIDE
    cfg = protocol_config(
        kind,
        found,
        seen,
        fpn=options.fpn,
        size=size,
        batch_size=options.batch_size,
        workers=options.workers,
        random=random,
    )
    if options.statistics is not None:
        cfg.model.statistics = options.statistics
    return cfg


def _fast(
    cfg: Config, protocol: str, classes: int, options: ProbeOptions, name: str
) -> dict[str, ClassAccuracy]:
    """Extract features once, and fit; return the classifiers' accuracies."""
    device = options.device
    if device == 'auto':
        device = 'cuda' if torch.cuda.is_available() else 'cpu'
    rows = features_of(cfg, device, options.seed)
    found = {}
    if protocol != 'knn':
        found['linear'] = linear_accuracy(
            *rows, classes, options.l2, options.seed
        )
    found[f'{options.k}-NN'] = knn_accuracy(
        *rows, classes, options.k, options.temperature
    )
    return found


def _trained(
    cfg: Config, protocol: str, classes: int, options: ProbeOptions, name: str
) -> dict[str, ClassAccuracy]:
    """Train the head by the protocol; return its accuracy, last and best."""
    folder = Path(options.work_dir) / Path(name).stem.replace(' ', '_')
    runner = train(
        cfg,
        work_dir=str(folder),
        resume='auto' if options.resume else None,
        auto_scale_lr=True,
        cfg_options=options.cfg_options,
        launcher=options.launcher,
    )
    hub = runner.message_hub

    def values(metric: str) -> list[float]:
        return list(hub.get_scalar(f'val/accuracy/{metric}').data[0])

    last = ClassAccuracy(
        top1=values('top1')[-1],
        mean_class=values('mean_class')[-1],
        chance=values('chance')[-1],
        chance_mean_class=100.0 / values('classes')[-1],
        number=int(values('number')[-1]),
        classes=int(values('classes')[-1]),
    )
    best = last._replace(
        top1=max(values('top1')), mean_class=max(values('mean_class'))
    )
    return {'linear, last': last, 'linear, max': best}
