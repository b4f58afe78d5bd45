"""How well a checkpoint's frozen features tell people and their keypoints."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from mmengine.registry import DefaultScope

from mmssl.apis.given_backbone import given_backbone
from mmssl.checkpoints.published import in_our_names
from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.engine.run_config import LaunchError
from mmssl.probes.checkpoint_backbone import CheckpointBackbone, backbone_in
from mmssl.probes.figure_rows import FigureRow, figure_row, figure_table
from mmssl.probes.parsing_network import built_network, carried_pixels
from mmssl.probes.people_protocols import (
    Protocol,
    identity_protocol,
    keypoint_protocol,
)
from mmssl.registry import TASK_UTILS

PROTOCOLS = ('identity', 'keypoints')
RANDOM = 'random weights'
Loaded = Mapping[str, Any]


@dataclass(frozen=True)
class PeopleOptions:
    """What may be chosen beside checkpoint and data.

    Attributes:
        part: 'student' or 'teacher'.
        backbone: Name or config, for what is not recognised.
        config: Config of the training, the same purpose.
        size: Height and width of the pictures, px; default: 256 x 128, of
            keypoints 256 x 192.
        semantic_weight: lambda of SOLIDER's backbones; default: their own.
        stages: Outputs of the backbone, side by side; None: the last.
        l2: Penalty of the linear functions; None: the probe's default.
        max_people: Of keypoints: to fit on, and to judge, at most.
        seed: Of random weights, and of what is drawn.
        seeds: How many random networks, from ``seed`` on.
        workers: That load data.
        device: 'auto', 'cpu', 'cuda', ...
    """

    part: str = 'student'
    backbone: str | Mapping[str, Any] | None = None
    config: str | Path | None = None
    size: tuple[int, int] | None = None
    semantic_weight: float | None = None
    stages: Sequence[int] | None = None
    l2: float | None = None
    max_people: int = 2000
    seed: int = 0
    seeds: int = 1
    workers: int = 0
    device: str = 'auto'


@dataclass(frozen=True)
class PeopleResult:
    """What came of a probe.

    Attributes:
        rows: The checkpoint, random weights, what needs no network.
        titles: Figure -> title of its column.
        told: Backbone and data, in words.
        seconds: Of the whole probe.
        notes: For the file.
    """

    rows: tuple[FigureRow, ...]
    titles: Mapping[str, str]
    told: str
    seconds: float
    notes: dict[str, Any] = field(default_factory=dict)

    def table(self) -> str:
        """Return the table with what it is of."""
        return f'{self.told}\n{figure_table(self.rows, self.titles)}'

    def save(self, path: str | Path) -> Path:
        """Write everything as JSON; return the path."""
        content = dict(
            told=self.told,
            seconds=round(self.seconds, 1),
            rows=[row.content() for row in self.rows],
            **self.notes,
        )
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=2))
        return path


def people_probe(
    protocol: str,
    checkpoint: str | Path,
    data: str | Path,
    *,
    images: str | Path | None = None,
    val: str | Path | None = None,
    val_images: str | Path | None = None,
    val_share: float = 0.2,
    beside_random: bool = False,
    options: PeopleOptions | None = None,
) -> PeopleResult:
    """Judge the frozen features of a checkpoint of any method, on people.

    Args:
        protocol: 'identity': who is seen by another camera, by cosine;
            'keypoints': where their keypoints are, by linear functions of
            the map.
        checkpoint: File of mmssl, an exported or published backbone, a model
            of mmpretrain or mmdet.
        data: 'identity': a folder laid out as Market-1501; 'keypoints': a
            COCO json file of keypoints.
        images: Folder of the images of the json file.
        val: Json file of the people that are judged; None: a share of
            ``data``.
        val_images: Folder of its images.
        val_share: That share, of the images.
        beside_random: Also judge the backbone with random weights.
        options: Everything else.

    Returns:
        Figures of the checkpoint, and beside it.

    Raises:
        LaunchError: Something does not fit; it says what.
        CheckpointError: There is no backbone that can be built.
        DataFileError: A file cannot be used.
    """
    start = time.time()
    options = options or PeopleOptions()
    plan = _plan(
        protocol, (data, images), (val, val_images), val_share, options
    )
    loaded = in_our_names(load_checkpoint(checkpoint))
    given = given_backbone(options.config, options.backbone)
    found = backbone_in(loaded, str(checkpoint), options.part, given)
    found = found.at_lambda(options.semantic_weight)
    pixels = carried_pixels(loaded)
    measured = [_measured(plan, found, loaded, pixels, options, options.seed)]
    rows = [_row(Path(checkpoint).name, measured, plan)]
    if beside_random:
        seeds = range(options.seed, options.seed + options.seeds)
        random = [
            _measured(plan, found, None, pixels, options, s) for s in seeds
        ]
        rows.append(_row(RANDOM, random, plan))
    rows += [_row(n, measured, plan, more) for n, more in plan.beside.items()]
    told = f'{found.name} ({options.part}, by {found.origin}); {plan.told}'
    figures = {
        key[len(plan.prefix) :]: value
        for key, value in measured[0].items()
        if key.endswith(('_queries', '_unmatched'))
    }
    if figures:
        told += (
            f'; {figures["queries"]:g} queries, {figures["unmatched"]:g} '
            'without a match left out'
        )
    notes = dict(
        figures, checkpoint=str(found.path), backbone_config=found.config
    )
    return PeopleResult(
        tuple(rows), plan.titles, told, time.time() - start, notes
    )


def _plan(
    protocol: str,
    data: tuple[Any, Any],
    val: tuple[Any, Any],
    val_share: float,
    options: PeopleOptions,
) -> Protocol:
    """Return the probe and its data."""
    if protocol not in PROTOCOLS:
        raise LaunchError(
            f'protocol must be one of {", ".join(PROTOCOLS)}, got {protocol!r}'
        )
    if protocol == 'keypoints':
        return keypoint_protocol(
            data,
            None if val[0] is None else val,
            options.size or (256, 192),
            options.workers,
            val_share,
            options.seed,
            options.max_people,
        )
    if val[0] is not None or data[1] is not None:
        raise LaunchError(
            'identity takes one folder, --data, with query and '
            'bounding_box_test in it; no --val and no --images'
        )
    size = options.size or (256, 128)
    return identity_protocol(data[0], size, options.workers)


def _measured(
    plan: Protocol,
    found: CheckpointBackbone,
    loaded: Loaded | None,
    pixels: Mapping[str, Any] | None,
    options: PeopleOptions,
    seed: int,
) -> dict[str, float]:
    """Measure one network."""
    device = options.device
    if device == 'auto':
        device = 'cuda' if torch.cuda.is_available() else 'cpu'
    network = built_network(found, loaded, seed, options.stages, pixels)
    config = dict(plan.probe)
    if options.stages is not None:
        config['stages'] = tuple(range(len(options.stages)))
    if options.l2 is not None:
        config['l2'] = options.l2
    with DefaultScope.overwrite_default_scope('mmssl'):
        return TASK_UTILS.build(config).measure(network.to(device))


def _row(
    name: str,
    measured: Sequence[Mapping[str, float]],
    plan: Protocol,
    more: str = '',
) -> FigureRow:
    return figure_row(name, measured, list(plan.titles), plan.prefix + more)
