"""How well the frozen maps of a checkpoint tell the classes of pixels."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmssl.apis.given_backbone import given_backbone
from mmssl.checkpoints.published import in_our_names
from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.datasets.mask_classes import Groups, Names
from mmssl.probes.checkpoint_backbone import backbone_in
from mmssl.probes.dense_probe import checked_lambdas
from mmssl.probes.parsing_comparison import ParsingComparison
from mmssl.probes.parsing_data import read_parsing_data
from mmssl.probes.parsing_options import ParsingOptions
from mmssl.probes.parsing_rows import ParsingRow, parsing_table
from mmssl.probes.parsing_set import make_splits


@dataclass(frozen=True)
class ParsingResult:
    """What came of a parsing probe.

    Attributes:
        rows: Best known first: the checkpoint, random weights, baselines.
        classes: Names.
        told: Backbone, data and cells, in words.
        absent: Classes that no judged image has, in any split.
        seconds: Of the whole probe.
        notes: For the file.
    """

    rows: tuple[ParsingRow, ...]
    classes: tuple[str, ...]
    told: str
    absent: tuple[str, ...]
    seconds: float
    notes: dict[str, Any] = field(default_factory=dict)

    def table(self) -> str:
        """Return the table with what it is of."""
        lines = [self.told, parsing_table(self.rows)]
        lines.append(
            f'mean over {len(self.classes) - len(self.absent)} classes'
            + (
                f'; not in the judged images: {", ".join(self.absent)}'
                if self.absent
                else ''
            )
        )
        return '\n'.join(lines)

    def save(self, path: str | Path) -> Path:
        """Write everything as JSON; return the path."""
        content = dict(
            told=self.told,
            seconds=round(self.seconds, 1),
            classes=list(self.classes),
            absent=list(self.absent),
            rows=[row.content(self.classes) for row in self.rows],
            **self.notes,
        )
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=2))
        return path


def parsing_probe(
    checkpoint: str | Path,
    data: str | Path,
    masks: str | Path,
    classes: Names,
    *,
    groups: Groups = None,
    ignore_index: int | Sequence[int] | None = 255,
    val: str | Path | None = None,
    val_masks: str | Path | None = None,
    val_share: float = 0.2,
    beside_random: bool = False,
    options: ParsingOptions | None = None,
) -> ParsingResult:
    """Segment images by classifiers on the frozen maps of a checkpoint.

    Args:
        checkpoint: File of mmssl, an exported or published backbone, a model
            of mmpretrain or mmdet.
        data: Folder of images.
        masks: Folder of index masks of the same names.
        classes: Names by value of the masks, or a file with them; see
            :func:`~mmssl.datasets.mask_classes.mask_classes`.
        groups: Coarser classes; see there.
        ignore_index: Values that are not judged.
        val: Folder of images that are judged; None: a share of ``data``.
        val_masks: Their masks.
        val_share: That share.
        beside_random: Also judge the backbone with random weights.
        options: Everything else.

    Returns:
        The scores.

    Raises:
        LaunchError: Something does not fit; it says what.
        CheckpointError: There is no backbone that can be built.
        DataFileError: A file cannot be used.
        ValueError: Classes, masks or lambdas do not fit.
    """
    start = time.time()
    options = options or ParsingOptions()
    weights = checked_lambdas(options.semantic_weights)
    loaded = in_our_names(load_checkpoint(checkpoint))
    found = backbone_in(
        loaded,
        str(checkpoint),
        options.part,
        given_backbone(options.config, options.backbone),
    )
    kinds = dict(classes=classes, groups=groups, ignore_index=ignore_index)
    seen, held = read_parsing_data(
        (data, masks),
        (val, val_masks),
        kinds,
        options,
    )
    seeds = range(options.seed, options.seed + options.seeds)
    splits = make_splits(len(seen.masks), held or val_share, seeds)
    judge = ParsingComparison(seen, splits, found, weights, options)
    rows = judge.of_checkpoint(loaded)
    if beside_random:
        rows += judge.of_random()
    rows += judge.of_baselines()
    told = judge.told(Path(data), None if val is None else Path(val))
    notes = dict(
        checkpoint=str(found.path),
        backbone_config=found.config,
        size=list(options.size),
        crops=options.crops,
        cells=list(judge.hw),
        seeds=list(seeds),
    )
    return ParsingResult(
        tuple(rows),
        seen.classes,
        told,
        _absent(rows[0], seen.classes),
        time.time() - start,
        notes,
    )


def _absent(row: ParsingRow, classes: Sequence[str]) -> tuple[str, ...]:
    """Return the classes that no split's judged images have."""
    there = row.iou(classes)
    return tuple(name for name in classes if name not in there)
