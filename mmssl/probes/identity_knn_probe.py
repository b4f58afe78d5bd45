"""How well a model's frozen features find the same identity again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from mmssl.evaluation.retrieval import Pictures, retrieval_scores
from mmssl.probes.colour_histograms import colour_histograms
from mmssl.probes.dense_features import Stages
from mmssl.probes.features import FeatureExtractor, one_view
from mmssl.probes.gather import gather_in_order
from mmssl.probes.loaders import build_probe_loader, loader_places
from mmssl.probes.pooling import pool_outputs
from mmssl.registry import TASK_UTILS
from mmssl.utils.model_wrapper import unwrapped
from mmssl.utils.semantic_weight import semantic_weight_of


@TASK_UTILS.register_module()
class IdentityKnnProbe:
    """Search people among pictures by other cameras; nothing is trained.

    Each query's pooled features are compared with those of a gallery by
    cosine. The protocol of Market-1501: pictures of the same identity by the
    same camera, and junk, do not count; distractors do. See
    :func:`~mmssl.evaluation.retrieval.retrieval_scores`.

    Args:
        loader: of the queries, see
            :func:`~mmssl.probes.loaders.build_probe_loader`:
            :class:`~mmssl.datasets.identities.Identities`, its pipeline ends
            with a resize to (height, width) and PackViews.
        bank_loader: of the gallery.
        ranks: k at which matches are counted.
        stages: which of the backbone's outputs are pooled; of several, rows
            of length 1 stand side by side.
        semantic_weight: lambda of a semantic backbone; None: its own.
        baselines: whether to measure also what colours alone and random
            orders find.
        name: before the numbers' names.
        backbone: name of the module, such as 'teacher.backbone'.
        normalize: ``dict(mean=, std=)`` in place of that of the model's data
            preprocessor.
        precision: 'fp32', 'bf16' or 'fp16' of the backbone.

    Raises:
        ValueError: a rank is below 1.
    """

    def __init__(
        self,
        loader: Any,
        bank_loader: Any,
        ranks: Sequence[int] = (1, 5, 10),
        stages: Stages = -1,
        semantic_weight: float | None = None,
        baselines: bool = True,
        name: str = 'identity_knn',
        backbone: str = 'backbone',
        normalize: Mapping[str, Sequence[float]] | None = None,
        precision: str = 'fp32',
    ) -> None:
        if not ranks or min(ranks) < 1:
            raise ValueError(f'ranks must be numbers >= 1, got {ranks}')
        self.loader, self.bank_loader = loader, bank_loader
        self.ranks, self.stages = tuple(ranks), stages
        self.semantic_weight, self.baselines = semantic_weight, baselines
        self.name, self.backbone = name, backbone
        self.normalize, self.precision = normalize, precision

    def prepare(self) -> None:
        """Build the loaders, so that mistakes in them show at once.

        Raises:
            ValueError: a data set does not know identities.
        """
        for key in ('loader', 'bank_loader'):
            what = f'{self.name}: {key}'
            built = build_probe_loader(getattr(self, key), what)
            if not hasattr(built.dataset, 'get_identities'):
                raise ValueError(
                    f'{what}: {type(built.dataset).__name__} does not know '
                    'who is seen by which camera: use the data set Identities'
                )
            setattr(self, key, built)

    def measure(self, model: nn.Module) -> dict[str, float]:
        """Return the figures; every process calls this.

        Args:
            model: with a backbone and ``data_preprocessor``; it is left as
                it was.

        Returns:
            ``{name}_map``, ``_rank1``, ... (%); ``_queries`` and
            ``_unmatched``, how many were judged, and how many have no match
            in the gallery; with baselines ``_colour_map``,
            ``_colour_rank1``, ``_chance_map`` and ``_chance_rank1``. The same
            in all processes.

        Raises:
            ValueError: no query has a match, or features are not finite.
        """
        self.prepare()
        extract = FeatureExtractor(
            unwrapped(model),
            self.backbone,
            normalize=self.normalize,
            precision=self.precision,
        )
        sides = [
            self._pictures(extract, loader)
            for loader in (self.loader, self.bank_loader)
        ]
        (query, colours), (gallery, others) = sides
        scores = retrieval_scores(query, gallery, self.ranks, extract.device)
        found: dict[str, float] = dict(map=scores.mean_ap)
        found.update({f'rank{k}': v for k, v in scores.ranks.items()})
        found.update(queries=scores.queries, unmatched=scores.unmatched)
        if self.baselines:
            beside = retrieval_scores(colours, others, (1,), extract.device)
            found['colour_map'] = beside.mean_ap
            found['colour_rank1'] = beside.ranks[1]
            found['chance_map'] = scores.chance_ap
            found['chance_rank1'] = scores.chance_rank1
        return {f'{self.name}_{k}': float(v) for k, v in found.items()}

    def _pictures(
        self, extract: FeatureExtractor, loader: DataLoader
    ) -> tuple[Pictures, Pictures]:
        """Return features and colours of the pictures of all processes."""
        rows, colours = [], []
        for batch in loader:
            images = one_view(batch['inputs'])
            rows.append(self._rows(extract, images).cpu())
            colours.append(self._colours(images))
        if not rows:
            raise ValueError(f'{self.name}: a process has no pictures')
        places, *values = gather_in_order(
            torch.tensor(loader_places(loader)),
            torch.cat(rows),
            torch.cat(colours),
        )
        dataset: Any = loader.dataset
        known = dataset.get_identities(), dataset.get_cameras()
        numbers = [torch.from_numpy(part)[places] for part in known]
        plain, colour = (Pictures(part, *numbers) for part in values)
        return plain, colour

    def _rows(self, extract: FeatureExtractor, images: Tensor) -> Tensor:
        """Return (N, C) features."""
        with semantic_weight_of(extract.backbone, self.semantic_weight):
            outputs = extract.outputs(images)
        if isinstance(self.stages, int):
            return pool_outputs(outputs, self.stages)
        parts = [pool_outputs(outputs, stage) for stage in self.stages]
        return torch.cat([F.normalize(part, dim=1) for part in parts], 1)

    def _colours(self, images: Tensor) -> Tensor:
        if not self.baselines:
            return torch.zeros(len(images), 0)
        stripes = min(6, images.shape[2])
        return colour_histograms(images, stripes).cpu()
