"""Pictures of body parts and features by any checkpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from mmengine.registry import DefaultScope
from numpy.typing import NDArray
from torch import Tensor

from mmssl.apis.feature_extractor import FeatureExtractor
from mmssl.apis.feature_result import planes
from mmssl.apis.user_images import UserImage, all_as_rgb, as_batch
from mmssl.registry import MODELS
from mmssl.visualization.masked_inputs import masked_panel
from mmssl.visualization.part_overlay import part_panel
from mmssl.visualization.token_pca import token_pca_panel

Picture = NDArray[np.uint8]
_TOKENS = ('normed', 'raw')


class PaintedParts(NamedTuple):
    """Part labels of N images.

    Attributes:
        images: N (h, w, 3) uint8 RGB, as the network sees them.
        labels: N (h', w') int64: 0 background, 1 .. P from top to bottom.
        valid: (N,) bool: whether a training would use them.
    """

    images: list[Picture]
    labels: list[NDArray[np.int64]]
    valid: NDArray[np.bool_]


class PartPainter:
    """Draws what a backbone sees: parts, cut images, coloured features.

    Args:
        extractor: A backbone that gives maps. Parts are made at lambda 1 if
            it takes one, as in SOLIDER's training.
        part_labels: Config of :class:`~mmssl.models.target_generators.\
PartLabels`; None: that of the extractor's config, else the class's defaults.
        tokens: ``'normed'`` or ``'raw'`` maps are parted; None: as the
            extractor's config says, else ``'normed'``.
        seed: Of the clusters' seeds and the parts that are cut out.

    Raises:
        ValueError: Unknown ``tokens``.

    Example:
        >>> from mmengine.config import Config
        >>> net = dict(type='SemanticResNet', depth=18, base_channels=8)
        >>> config = Config(dict(model=dict(type='SOLIDER', backbone=net)))
        >>> extract = FeatureExtractor(config, None, 'cpu', size=(128, 64))
        >>> found = PartPainter(extract).label(np.zeros((90, 45, 3), np.uint8))
        >>> found.labels[0].shape, found.valid.tolist()
        ((4, 2), [False])
    """

    def __init__(
        self,
        extractor: FeatureExtractor,
        part_labels: Mapping[str, Any] | None = None,
        tokens: str | None = None,
        seed: int = 0,
    ) -> None:
        model = (extractor.config or {}).get('model') or {}
        options = dict(part_labels or model.get('part_labels') or {})
        options.setdefault('type', 'mmssl.PartLabels')
        self.tokens = tokens or model.get('tokens') or 'normed'
        if self.tokens not in _TOKENS:
            raise ValueError(
                f'tokens must be one of {[*_TOKENS]}, got {self.tokens!r}'
            )
        with DefaultScope.overwrite_default_scope('mmssl'):
            self.part_labels = MODELS.build(options)
        self.extractor = extractor
        self.mask_part = model.get('mask_part', 'image')
        self.seed = seed

    def label(self, images: UserImage | Sequence[UserImage]) -> PaintedParts:
        """Return the part labels of images.

        Args:
            images: As :class:`FeatureExtractor` takes them.

        Raises:
            ValueError: The backbone gives no map, or one of fewer cells than
                parts.
        """
        fitted = self._fitted(images)
        generator = torch.Generator().manual_seed(self.seed)
        labels, valid = [], []
        for image in fitted:
            maps = self._maps(planes([image]))
            found = self.part_labels(maps, generator=generator)
            labels.append(found.labels[0].cpu().numpy())
            valid.append(bool(found.valid[0]))
        return PaintedParts(fitted, labels, np.array(valid, bool))

    def parts(
        self,
        images: UserImage | Sequence[UserImage],
        names: Sequence[str] | None = None,
        columns: int = 4,
    ) -> Picture:
        """Draw images beside their part labels.

        Args:
            images: As :class:`FeatureExtractor` takes them.
            names: P + 1 names, the background first; None: numbers.
            columns: Images side by side.

        Returns:
            (H, W, 3) uint8 RGB.
        """
        found = self.label(images)
        return self.draw_parts(found, names, columns)

    def draw_parts(
        self,
        found: PaintedParts,
        names: Sequence[str] | None = None,
        columns: int = 4,
    ) -> Picture:
        """Draw the labels of :meth:`label`; as :meth:`parts`."""
        return part_panel(
            found.images,
            found.labels,
            found.valid.tolist(),
            names,
            self.part_labels.num_parts,
            columns,
        )

    def masked(
        self, images: UserImage | Sequence[UserImage], columns: int = 4
    ) -> Picture:
        """Draw images beside copies that lack a part drawn at random.

        Args:
            images: As :class:`FeatureExtractor` takes them.
            columns: Images side by side.

        Returns:
            (H, W, 3) uint8 RGB.
        """
        return self.draw_masked(self.label(images), columns)

    def draw_masked(self, found: PaintedParts, columns: int = 4) -> Picture:
        """Draw what :meth:`label` found; as :meth:`masked`."""
        generator = torch.Generator().manual_seed(self.seed)
        number = len(found.images)
        drawn = 1 if self.mask_part == 'batch' else number
        cut = torch.randint(
            1, self.part_labels.num_parts + 1, (drawn,), generator=generator
        )
        return masked_panel(
            found.images,
            found.labels,
            cut.expand(number).tolist(),
            found.valid.tolist(),
            self.extractor.pixels.mean.flatten().tolist(),
            columns,
        )

    def token_pca(
        self,
        images: UserImage | Sequence[UserImage],
        semantic_weights: Sequence[float] = (0.0, 0.5, 1.0),
    ) -> Picture:
        """Draw images beside their features, coloured, at several lambdas.

        Args:
            images: As :class:`FeatureExtractor` takes them.
            semantic_weights: Lambdas; a backbone that takes none has one
                picture.

        Returns:
            (H, W, 3) uint8 RGB.

        Raises:
            ValueError: The backbone gives no map.
        """
        fitted = self._fitted(images)
        takes = self.extractor.accepts_semantic_weight
        weights = [*semantic_weights] if takes else [None]
        maps = []
        for image in fitted:
            some = [
                self._dense(planes([image]), weight)[0].cpu().numpy()
                for weight in weights
            ]
            maps.append(np.stack(some))
        return token_pca_panel(fitted, maps, weights)

    def _fitted(
        self, images: UserImage | Sequence[UserImage]
    ) -> list[Picture]:
        batch = as_batch(images)
        many: list[Any] = [images] if batch is None else batch
        return [self.extractor.fit(image) for image in all_as_rgb(many)]

    def _maps(self, images: Tensor) -> Tensor:
        """Return the maps that are parted."""
        from mmssl.models.utils.token_maps import raw_map, raw_tokens

        weight = 1.0 if self.extractor.accepts_semantic_weight else None
        if self.tokens == 'normed':
            return self._dense(images, weight)
        with raw_tokens(self.extractor.backbone) as found:
            dense = self._dense(images, weight)
        return raw_map(found[0], dense)

    def _dense(self, images: Tensor, weight: float | None) -> Tensor:
        """Return the maps of images of one size."""
        given = self.extractor.weight_tensor(weight, len(images))
        dense = self.extractor.features_of(images, given).dense
        if dense is None:
            raise ValueError(
                f'{self.extractor.name} gives vectors, no maps to draw'
            )
        return dense
