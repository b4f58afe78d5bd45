"""Images to features of any pretrained backbone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Union

import numpy as np
import torch
import torch.nn.functional as F
from mmengine.config import Config
from numpy.typing import NDArray
from torch import Tensor

from mmssl.apis.feature_backbone import load_backbone
from mmssl.apis.feature_outputs import OutputReader, Outputs
from mmssl.apis.feature_result import (
    ImageFeatures,
    by_image,
    planes,
    together,
    without_lambdas,
)
from mmssl.apis.image_fit import choose_fit
from mmssl.apis.motion_propagator import choose_device, equal_places
from mmssl.apis.user_images import UserImage, all_as_rgb, as_batch
from mmssl.engine.run_config import load_config
from mmssl.probes.features import PRECISIONS
from mmssl.utils.semantic_weight import check_semantic_weight

# One lambda for all, or one for each image; None: the backbone's own.
SemanticWeight = Union[None, float, Sequence[float], NDArray, Tensor]


class FeatureExtractor:
    """A pretrained backbone as a function from images to features.

    Weights are loaded once; after that the object holds no state, so that
    threads may share it, and it can be pickled.

    Args:
        config: Path of a config, ``mmssl::solider/...``, or a config; None:
            the checkpoint tells what it is.
        checkpoint: Of any method of mmssl, an exported backbone, or a
            published file; all of the backbone's tensors must be there.
            None: random weights, for trying things out.
        device: ``'auto'`` (a GPU if there is one), ``'cpu'``, ``'cuda:1'``...
        part: ``'student'``, ``'teacher'``, or ``'auto'``: the teacher of
            DINO and SOLIDER, the student of other methods.
        size: ``'config'``: as the config, given or in the checkpoint,
            evaluates, or trains; a side or (height, width), px; None: each
            image as it is.
        fit: ``'stretch'`` the whole image to the size, ``'crop'`` its
            centre, or ``'auto'``: see :func:`~mmssl.apis.image_fit.\
choose_fit`.
        stage: Which of the backbone's outputs; -1: the last.
        normalize: Divide each vector, of each cell too, by its length.
        semantic_weight: Lambda where a call names none; None: the
            backbone's own default.
        precision: 'fp32', 'bf16' or 'fp16' of the backbone.
        batch_size: So many images go through the network at once.
        pixels: ``dict(mean=, std=)`` of R, G, B in 0 .. 255, in place of
            the model's.

    Attributes:
        backbone: The network, in evaluation mode.
        report: What of the checkpoint was loaded; None without one.
        part: 'student' or 'teacher', which it is.
        name: The backbone's class or architecture.
        fit: How images are made fit.
        accepts_semantic_weight: Whether the backbone takes a lambda.

    Raises:
        CheckpointMismatch: Tensors are missing or of another shape.
        CheckpointError: The file is refused, damaged, or not recognised.
        FileNotFoundError: No such checkpoint.
        LaunchError: No such config, or one without a backbone.
        ValueError: An argument is out of range.

    Example:
        >>> from mmengine.config import Config
        >>> net = dict(type='ResNet', depth=18, base_channels=8)
        >>> model = dict(type='SCRL', backbone=net)
        >>> extract = FeatureExtractor(Config(dict(model=model)), None, 'cpu')
        >>> found = extract(np.zeros((90, 160, 3), np.uint8))
        >>> found.pooled.shape, found.dense.shape
        ((64,), (64, 7, 7))
    """

    def __init__(
        self,
        config: Config | str | Path | None = None,
        checkpoint: str | Path | None = None,
        device: str = 'auto',
        *,
        part: str = 'auto',
        size: str | int | Sequence[int] | None = 'config',
        fit: str = 'auto',
        stage: int = -1,
        normalize: bool = False,
        semantic_weight: float | None = None,
        precision: str = 'fp32',
        batch_size: int = 32,
        pixels: dict[str, Sequence[float]] | None = None,
    ) -> None:
        if batch_size < 1:
            raise ValueError(f'batch_size must be >= 1, got {batch_size}')
        if precision not in PRECISIONS:
            raise ValueError(
                f'unknown precision {precision!r}; valid: '
                f'{", ".join(sorted(PRECISIONS))}'
            )
        self.device = torch.device(choose_device(device))
        self.config = None if config is None else load_config(config)
        found = load_backbone(self.config, checkpoint, part, pixels)
        self.backbone, self.pixels, self.part, self.name = found[:4]
        self.report = found.report
        # Without a config, the file tells the size that was trained on.
        told = found.loaders if self.config is None else self.config
        self.fit = choose_fit(told, size, fit)
        self.accepts_semantic_weight = bool(
            getattr(self.backbone, 'accepts_semantic_weight', False)
        )
        self.batch_size, self.normalize = batch_size, normalize
        self.precision = precision
        self.semantic_weight = self._checked(semantic_weight)
        self.stage = stage
        self._read = OutputReader(self.backbone, stage)
        self.backbone.to(self.device)

    def __call__(
        self,
        images: UserImage | Sequence[UserImage],
        semantic_weight: SemanticWeight = None,
        *,
        semantic_weights: Sequence[float] | None = None,
    ) -> ImageFeatures:
        """Return the features of an image or of a batch.

        The same arguments give the same features, up to rounding where the
        batch is another.

        Args:
            images: An image: path, uint8 array (H, W, 3) RGB, Pillow image or
                uint8 tensor (3, H, W); or a batch: a list of images of any
                sizes, an array (N, H, W, 3) or a tensor (N, 3, H, W). Files
                and Pillow images are turned upright by their EXIF tag.
            semantic_weight: Lambda in [0, 1], one number or one for each
                image; None: as the object was made.
            semantic_weights: Several lambdas, each for all images, at once.

        Returns:
            Pooled and dense features.

        Raises:
            FileNotFoundError: No such image.
            TypeError: Not an image.
            ValueError: A damaged image, or lambdas that do not fit.
        """
        batch = as_batch(images)
        many: list[Any] = [images] if batch is None else batch
        rows = self._rows(semantic_weight, semantic_weights, len(many))
        found = self._extract(all_as_rgb(many), rows)
        if semantic_weights is None:
            found = [without_lambdas(one) for one in found]
        if batch is None:
            return found[0]
        return together(
            found,
            axis=0 if semantic_weights is None else 1,
            as_list=self.fit.size is None,
        )

    def features_of(
        self, images: Tensor, semantic_weight: Tensor | None = None
    ) -> Outputs:
        """Return the features of images that are fit already.

        Args:
            images: (N, 3, h, w) uint8 RGB, any device.
            semantic_weight: (N,) lambdas; None: the backbone's own.

        Returns:
            Pooled (N, C) and dense (N, C, h, w) or None, float32, on the
            extractor's device.
        """
        ready = self.pixels(images, self.device)
        half = self.precision != 'fp32'
        kwargs = {}
        if semantic_weight is not None:
            kwargs['semantic_weight'] = semantic_weight.to(self.device)
        with (
            torch.inference_mode(),
            torch.autocast(
                self.device.type,
                PRECISIONS[self.precision] if half else None,
                enabled=half,
            ),
        ):
            outputs = self.backbone(ready, **kwargs)
        with torch.inference_mode():
            found = self._read(outputs, (ready.shape[2], ready.shape[3]))
            if not self.normalize:
                return found
            dense = found.dense
            return Outputs(
                F.normalize(found.pooled, dim=1),
                None if dense is None else F.normalize(dense, dim=1),
            )

    def weight_tensor(self, value: float | None, number: int) -> Tensor | None:
        """Return one lambda for each of some images; None: no lambda.

        Args:
            value: Lambda; None: as the object was made.
            number: Of images.
        """
        value = self._checked(value)
        value = self.semantic_weight if value is None else value
        return None if value is None else torch.full((number,), value)

    def _checked(self, value: float | None) -> float | None:
        """Return a lambda, refused where the backbone takes none."""
        if value is None:
            return None
        number = check_semantic_weight(value)
        if not self.accepts_semantic_weight:
            raise ValueError(
                f'{self.name} takes no semantic_weight, got {number:g}: only '
                'SemanticSwinTransformer, SemanticVisionTransformer and '
                'SemanticResNet do; leave it out'
            )
        return number

    def _rows(
        self, one: SemanticWeight, several: Sequence[float] | None, number: int
    ) -> list[Tensor | None]:
        """Return for each pass the lambdas of all images."""
        if several is not None:
            if one is not None or not len(several):
                raise ValueError(
                    'give semantic_weight (one for all images, or one for '
                    'each) or semantic_weights (one or more, each for all '
                    f'images), got {one!r} and {several!r}'
                )
            return [self.weight_tensor(value, number) for value in several]
        if one is None or np.ndim(one) == 0:
            return [self.weight_tensor(one, number)]  # type: ignore[arg-type]
        values = np.asarray(one, np.float64)
        if values.shape != (number,):
            raise ValueError(
                f'{number} images, but semantic_weight has the shape '
                f'{values.shape}: give one number, one for each image, or '
                'several for all images as semantic_weights'
            )
        checked = [self._checked(value) for value in values.tolist()]
        return [torch.tensor(checked, dtype=torch.float32)]

    def _extract(
        self,
        images: Sequence[NDArray[np.uint8]],
        rows: Sequence[Tensor | None],
    ) -> list[ImageFeatures]:
        """Return each image's features at all lambdas, (L, C), (L, C, h, w).

        Images of one size go through the network together.
        """
        fitted = [self.fit(image) for image in images]
        found: dict[int, ImageFeatures] = {}
        for numbers in equal_places([image.shape[:2] for image in fitted]):
            for start in range(0, len(numbers), self.batch_size):
                some = numbers[start : start + self.batch_size]
                batch = planes([fitted[i] for i in some])
                passes = [
                    self.features_of(batch, None if row is None else row[some])
                    for row in rows
                ]
                found.update(zip(some, by_image(passes)))
        return [found[i] for i in range(len(fitted))]
