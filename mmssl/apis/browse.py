"""Show what the network sees: samples as they come out of the pipeline."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import Config
from mmengine.registry import init_default_scope
from numpy.typing import NDArray

from mmssl.registry import DATA_SAMPLERS, DATASETS
from mmssl.visualization.layout import stack
from mmssl.visualization.panels import input_panel
from mmssl.visualization.view_samples import (
    region_sample_panel,
    view_sample_panel,
)


def browse(
    config: Config,
    split: str = 'train',
    number: int = 8,
    columns: int | None = None,
    seed: int = 0,
    checkpoint: str | Path | None = None,
    semantic_weights: Sequence[float] = (0.0, 0.5, 1.0),
) -> NDArray[np.uint8]:
    """Draw the first samples of a config's data, as the network sees them.

    After all transforms: of a pair with flow the image with its guidance,
    the target flow and the guidance map; of views all of them, matching boxes
    in matching colours. With a checkpoint, below them, what its backbone
    makes of the first view of each: features coloured at several lambdas;
    with a config of SOLIDER also part labels and masked inputs. The samples
    are the ones, and in the order, that a single-process run with this seed
    draws.

    Args:
        config: A training config.
        split: 'train', 'val' or 'test'.
        number: How many samples.
        columns: Samples side by side; None: 1 below four samples, else 2.
        seed: Seed of the sampler, if the config gives none.
        checkpoint: Of the config's model, an exported backbone or a published
            file, see :class:`~mmssl.apis.feature_extractor.FeatureExtractor`.
        semantic_weights: Lambdas of the features.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ValueError: No such split, ``number`` is below 1, or a checkpoint for
            data without views.
    """
    if number < 1:
        raise ValueError(f'number must be >= 1, got {number}')
    samples = [*islice(iterate_samples(config, split, seed), number)]
    panels = [sample_panel(sample) for sample in samples]
    if columns is None:
        columns = 1 if number < 4 else 2
    rows = [
        stack(panels[start : start + columns], axis=1, gap=24)
        for start in range(0, len(panels), columns)
    ]
    if checkpoint is not None:
        rows += checkpoint_panels(
            config, checkpoint, samples, semantic_weights, seed
        )
    return stack(rows, axis=0, gap=12)


def checkpoint_panels(
    config: Config,
    checkpoint: str | Path,
    samples: Sequence[Mapping[str, Any]],
    semantic_weights: Sequence[float] = (0.0, 0.5, 1.0),
    seed: int = 0,
) -> list[NDArray[np.uint8]]:
    """Draw what a checkpoint's backbone makes of the first views.

    Args:
        config: Of its training.
        checkpoint: See :func:`browse`.
        samples: Packed samples of views.
        semantic_weights: Lambdas of the features.
        seed: Of the clusters' seeds and the parts that are cut out.

    Returns:
        Pictures, (H, W, 3) uint8 RGB: features; with a config of SOLIDER
        parts and masked inputs before them.

    Raises:
        ValueError: The samples hold no views.
    """
    from mmssl.apis.feature_extractor import FeatureExtractor
    from mmssl.apis.part_painter import PartPainter

    if not all(isinstance(s['inputs'], (list, tuple)) for s in samples):
        raise ValueError(
            'a checkpoint is shown on views of images, and this pipeline '
            'gives none: end it with PackViews, or leave the checkpoint out'
        )
    views = [s['inputs'][0].permute(1, 2, 0).numpy() for s in samples]
    extractor = FeatureExtractor(config, checkpoint, size=None)
    painter = PartPainter(extractor, seed=seed)
    pictures = []
    if config.model.get('semantic_head') is not None:
        found = painter.label(views)
        pictures.append(painter.draw_parts(found))
        if painter.mask_part is not None:
            pictures.append(painter.draw_masked(found))
    return [*pictures, painter.token_pca(views, semantic_weights)]


def iterate_samples(
    config: Config, split: str = 'train', seed: int = 0
) -> Iterator[dict[str, Any]]:
    """Yield packed samples in the order of the config's sampler.

    Args:
        config: A training config.
        split: 'train', 'val' or 'test'.
        seed: Seed of the sampler, if the config gives none.

    Yields:
        What the last transform of the pipeline returns.

    Raises:
        ValueError: The config has no data of this split.
    """
    loader = config.get(f'{split}_dataloader')
    if not loader:
        splits = sorted(
            key[: -len('_dataloader')]
            for key in config
            if key.endswith('_dataloader') and config[key]
        )
        raise ValueError(
            f'the config has no {split}_dataloader; it has data for: {splits}'
        )
    init_default_scope(config.get('default_scope') or 'mmssl')
    dataset = DATASETS.build(copy.deepcopy(loader.dataset))
    sampler = DATA_SAMPLERS.build(
        copy.deepcopy(loader.sampler),
        default_args=dict(dataset=dataset, seed=seed),
    )
    for draw in sampler:
        yield dataset[draw]


def sample_panel(sample: Mapping[str, Any]) -> NDArray[np.uint8]:
    """Draw one packed sample; what it holds decides how.

    Args:
        sample: Output of ``PackFlowInputs``: guidance, flow, guidance map;
            or of ``PackViews``: the views with the boxes they share; or of
            ``PackRegions``: the image with its labelled boxes.

    Returns:
        (h, w, 3) uint8 RGB.

    Raises:
        ValueError: A sample that none of them made.
    """
    inputs, target = sample['inputs'], sample['data_samples']
    title = f'#{target.get("sample_idx", "?")}'
    if isinstance(inputs, Mapping) and 'img' in inputs:
        return _flow_panel(inputs, target, f'{title} guidance')
    if isinstance(inputs, (list, tuple)):
        return view_sample_panel(inputs, target, title)
    if 'gt_boxes' in target:
        return region_sample_panel(inputs, target, title)
    raise ValueError(
        'browse draws samples of PackFlowInputs (inputs: a dict with img), '
        'PackRegions (data_samples: gt_boxes) and PackViews (inputs: a list '
        f'of views); this pipeline gives inputs of {type(inputs).__name__}'
    )


def _flow_panel(
    inputs: Mapping[str, Any], target: Any, title: str
) -> NDArray[np.uint8]:
    """Draw image with guidance, target flow and guidance map."""
    points, vectors = np.zeros((0, 2)), np.zeros((0, 2))
    if 'guidance_points' in inputs:
        points = inputs['guidance_points'].numpy()
        vectors = inputs['guidance_vectors'].numpy()
    return input_panel(
        inputs['img'].permute(1, 2, 0).numpy(),
        points,
        vectors,
        target.gt_flow.permute(1, 2, 0).numpy(),
        title=title,
    )
