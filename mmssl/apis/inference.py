"""Load a trained model and predict flow for one's own images."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from mmengine.model import BaseModel
from mmengine.registry import init_default_scope
from numpy.typing import ArrayLike, NDArray

from mmssl.checkpoints.load_report import load_into
from mmssl.registry import MODELS, TRANSFORMS

# Transforms of a pipeline that give the image its size.
_GEOMETRY = ('ResizeImageFlow', 'CropImageFlow', 'ResizeCropImageFlow')
# Strides of all backbones divide this.
_MULTIPLE = 32


def load_model(
    config: Config | str | Path,
    checkpoint: str | Path | None,
    device: str = 'cpu',
) -> BaseModel:
    """Build the model of a config and load weights into it.

    Args:
        config: Config, or its file.
        checkpoint: Weights; None leaves the random ones, for trying out.
        device: Where the model goes.

    Returns:
        The model, in evaluation mode.

    Raises:
        CheckpointMismatch: The checkpoint is of another architecture.
    """
    if not isinstance(config, Config):
        config = Config.fromfile(str(config))
    init_default_scope(config.get('default_scope') or 'mmssl')
    model = MODELS.build(copy.deepcopy(config.model))
    if checkpoint is None:
        model.init_weights()
    else:
        load_into(model, checkpoint)
    return model.to(device).eval()


def fit_image(config: Config, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Resize and crop an image as the config's validation pipeline does.

    Then cut to multiples of 32, centred. A config whose pipeline has no
    resize or crop leaves the rest as it is.

    Args:
        config: A training config.
        image: (H, W, 3) uint8 RGB.

    Returns:
        (h, w, 3) uint8 RGB.

    Raises:
        ValueError: The image is smaller than 32 px on one side.
    """
    loader = config.get('val_dataloader') or {}
    results: dict[str, Any] = dict(img=image, img_shape=image.shape[:2])
    init_default_scope(config.get('default_scope') or 'mmssl')
    for step in loader.get('dataset', {}).get('pipeline', ()):
        if step['type'].split('.')[-1] in _GEOMETRY:
            results = TRANSFORMS.build(copy.deepcopy(step))(results)
    image = results['img']
    height, width = (side // _MULTIPLE * _MULTIPLE for side in image.shape[:2])
    if not (height and width):
        raise ValueError(
            f'the image must be at least {_MULTIPLE} px on each side, got '
            f'{image.shape[1]} x {image.shape[0]}'
        )
    top = (image.shape[0] - height) // 2
    left = (image.shape[1] - width) // 2
    return np.ascontiguousarray(image[top : top + height, left : left + width])


@torch.no_grad()
def predict_flow(
    model: BaseModel,
    images: Sequence[NDArray[np.uint8]],
    points: Sequence[ArrayLike],
    vectors: Sequence[ArrayLike],
) -> list[NDArray[np.float32]]:
    """Predict the flow of images from guidance given by hand.

    Args:
        model: From :func:`load_model`.
        images: (H, W, 3) uint8 RGB each, all of one size.
        points: For each image (K, 2) int, (row, col).
        vectors: For each image (K, 2) float, (u, v) px.

    Returns:
        For each image (H, W, 2) float32, px.

    Raises:
        ValueError: Sizes differ or a point is outside its image.
    """
    inputs: dict[str, Any] = dict(
        img=[
            torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))
            for image in images
        ],
        guidance_points=[
            torch.as_tensor(np.asarray(p), dtype=torch.int64).reshape(-1, 2)
            for p in points
        ],
        guidance_vectors=[
            torch.as_tensor(np.asarray(v), dtype=torch.float32).reshape(-1, 2)
            for v in vectors
        ],
    )
    samples = model.test_step(dict(inputs=inputs, data_samples=None))
    return [
        sample.pred_flow.float().cpu().permute(1, 2, 0).numpy()
        for sample in samples
    ]
