"""A backbone of a checkpoint beside random weights and baselines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from mmssl.probes.checkpoint_backbone import CheckpointBackbone
from mmssl.probes.dense_features import DenseExtractor
from mmssl.probes.parsing_judge import judge_baselines, judge_maps
from mmssl.probes.parsing_network import (
    ParsingNetwork,
    adapt_statistics,
    built_network,
    carried_pixels,
)
from mmssl.probes.parsing_options import ParsingOptions
from mmssl.probes.parsing_rows import ParsingRow
from mmssl.probes.parsing_set import ParsingSet, Split

RANDOM = 'random weights'


class ParsingComparison:
    """Judges several networks on the same splits of the same images.

    Args:
        data: Images and masks.
        splits: What classifiers are fitted on, and judged.
        found: The backbone.
        weights: lambdas; [None]: the backbone's own.
        options: Everything else.
    """

    def __init__(
        self,
        data: ParsingSet,
        splits: list[Split],
        found: CheckpointBackbone,
        weights: list[float | None],
        options: ParsingOptions,
    ) -> None:
        self.data, self.splits, self.found = data, splits, found
        self.weights, self.options = weights, options
        device = options.device
        if device == 'auto':
            device = 'cuda' if torch.cuda.is_available() else 'cpu'
        self.device = device
        self.hw = (0, 0)
        self.pixels: dict[str, Any] | None = None

    def of_checkpoint(self, loaded: Mapping[str, Any]) -> list[ParsingRow]:
        """Return the rows of the checkpoint."""
        self.pixels = carried_pixels(loaded)
        network = self._built(loaded)
        self._adapt(network, self.splits[0])
        return self._rows(Path(self.found.path).name, network, self.splits)

    def of_random(self) -> list[ParsingRow]:
        """Return the rows of random weights, for each split other ones."""
        found: dict[tuple[str, float | None], ParsingRow] = {}
        for split in self.splits:
            network = self._built(None, split.seed)
            self._adapt(network, split)
            for row in self._rows(RANDOM, network, [split]):
                key = row.classifier, row.semantic_weight
                former = found[key].scores if key in found else ()
                found[key] = row._replace(scores=former + row.scores)
        return list(found.values())

    def of_baselines(self) -> list[ParsingRow]:
        """Return the rows that need no network."""
        return judge_baselines(
            self.data,
            self.hw,
            self.splits,
            self.options.max_cells,
            self.device,
        )

    def told(self, data: Path, val: Path | None) -> str:
        """Return what was judged, in words."""
        split, (h, w) = self.splits[0], self.hw
        (height, width), crops = self.options.size, self.options.crops
        where = f'{len(split.train)} images of {data}, judged on '
        where += f'{len(split.val)} ' + (f'of {val}' if val else 'others')
        if len(self.splits) > 1:
            where += f', {len(self.splits)} seeds'
        return (
            f'parsing, features extracted once: {self.found.name} '
            f'({self.options.part}, by {self.found.origin}); {where}; '
            f'{height} x {width} px'
            + (f' crops of >= {crops:g} of the area' if crops else '')
            + f', {h} x {w} cells'
        )

    def _built(
        self, loaded: Mapping[str, Any] | None, seed: int = 0
    ) -> ParsingNetwork:
        return built_network(
            self.found, loaded, seed, self.options.stages, self.pixels
        ).to(self.device)

    def _adapt(self, network: ParsingNetwork, split: Split) -> None:
        if self.options.statistics == 'batch':
            adapt_statistics(network, self.data.images[split.train])

    def _rows(
        self, name: str, network: ParsingNetwork, splits: list[Split]
    ) -> list[ParsingRow]:
        """Return the rows of a network at all lambdas."""
        chosen = self.options.stages
        extract = DenseExtractor(
            network, stages=-1 if chosen is None else range(len(chosen))
        )
        rows = []
        for weight in self.weights:
            maps = self.data.maps(extract, weight)
            self.hw = (maps.shape[2], maps.shape[3])
            scores = judge_maps(
                self.data,
                maps,
                splits,
                self.options.classifiers(),
                self.options.max_cells,
                self.device,
            )
            rows += [
                ParsingRow(name, kind, weight, tuple(values))
                for kind, values in scores.items()
            ]
        return rows
