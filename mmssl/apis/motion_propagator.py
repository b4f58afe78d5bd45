"""Ask a trained network how an image moves, given a few arrows."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from numpy.typing import NDArray

from mmssl.apis.user_images import UserImage, as_batch, as_rgb
from mmssl.apis.working_size import (
    Arrows,
    WorkingSize,
    pipeline_sizes,
    plan_size,
)
from mmssl.checkpoints.load_report import LoadReport, load_into
from mmssl.engine.run_config import load_config
from mmssl.registry import MODELS

Flow = NDArray[np.float32]
# A network without these is not the one that was trained.
_MIN_MATCHED = 1.0


class MotionPropagator:
    """A trained CMP network as a function from image and arrows to flow.

    Weights are loaded once; after that the object holds no state, so that
    threads may share it, and it can be pickled.

    Source: Zhan et al. 2019 (CMP), the published interactive demo.
    Deviates: there every image is cut to 384 x 384 px; here the whole image
        is seen, at the scale of the config's validation, and the flow comes
        back at the image's own size.

    Args:
        config: Path of a config, ``mmssl::cmp/...``, or a config.
        checkpoint: Weights of the whole model; all of its tensors must be
            there. None: random weights, for trying things out.
        device: ``'auto'`` (a GPU if there is one), ``'cpu'``, ``'cuda:1'``...
        short_size: Shorter side of the image as the network sees it;
            ``'config'``: as in the config's validation; None: as it is.
        long_size: Limit for the longer side; None: none.
        batch_size: So many images go through the network at once.

    Attributes:
        config: The config.
        model: The network, in evaluation mode.
        report: What of the checkpoint was loaded; None without one.
        short_size: As above, px or None.
        crop_size: Side of the config's validation crop, px or None.

    Raises:
        CheckpointMismatch: Tensors are missing or of another shape.
        CheckpointError: The file is refused or damaged.
        FileNotFoundError: No such checkpoint.
        LaunchError: No such config.

    Example:
        >>> from mmssl.apis import MotionPropagator
        >>> propagate = MotionPropagator(
        ...     'mmssl::cmp/cmp_r18_cpu-demo.py', checkpoint=None, device='cpu'
        ... )
        >>> image = np.zeros((90, 160, 3), np.uint8)
        >>> propagate.predict(image, [(80, 45, 12, 0)]).shape
        (90, 160, 2)
    """

    def __init__(
        self,
        config: Config | str | Path,
        checkpoint: str | Path | None,
        device: str = 'auto',
        *,
        short_size: int | str | None = 'config',
        long_size: int | None = None,
        batch_size: int = 8,
    ) -> None:
        self.config = load_config(config)
        if batch_size < 1:
            raise ValueError(f'batch_size must be >= 1, got {batch_size}')
        self.batch_size = batch_size
        config_short, self.crop_size = pipeline_sizes(self.config)
        self.short_size = _checked_short(short_size, config_short)
        self.long_size = long_size
        self.device = choose_device(device)
        with DefaultScope.overwrite_default_scope(
            self.config.get('default_scope') or 'mmssl'
        ):
            self.model = MODELS.build(self.config.to_dict()['model'])
        self.report: LoadReport | None = None
        if checkpoint is not None:
            self.report = load_into(
                self.model, checkpoint, min_matched=_MIN_MATCHED
            )
        self.model.to(self.device).eval()

    def predict(
        self,
        images: UserImage | Sequence[UserImage],
        arrows: Arrows | Sequence[Arrows] = None,
        *,
        resize: bool = True,
    ) -> Flow | list[Flow]:
        """Predict dense flow from an image and arrows.

        The same arguments give the same flow, up to rounding where the batch
        is another.

        Args:
            images: An image: path, uint8 array (H, W, 3) RGB, Pillow image or
                uint8 tensor (3, H, W); or a batch: a list of images of any
                sizes, an array (N, H, W, 3) or a tensor (N, 3, H, W).
            arrows: ``[(x, y, dx, dy), ...]`` in px of the image, x to the
                right, y down; (x, y) is where the arrow begins, (0, 0) the
                pixel top left; a vector (0, 0) says that something rests.
                None or empty: no guidance. For a batch one list for each
                image.
            resize: False shows the image to the network as it is (padded to
                whole strides), whatever ``short_size`` is.

        Returns:
            (H, W, 2) float32, (u right, v down) in px of the image: pixel
            (x, y) moves to (x + u, y + v). For a batch a list of these.

        Raises:
            FileNotFoundError: No such image.
            TypeError: Not an image.
            ValueError: A damaged image, another shape, an arrow outside the
                image, or not one list of arrows for each image.
        """
        batch = as_batch(images)
        if batch is None:
            return self._predict([images], [arrows], resize)[0]
        if arrows is None:
            arrows = [None] * len(batch)
        lists = list(arrows)  # type: ignore[arg-type]
        if len(lists) != len(batch):
            raise ValueError(
                f'{len(batch)} images, but {len(lists)} lists of arrows: a '
                'batch takes one list of arrows for each image'
            )
        return self._predict(batch, lists, resize)

    __call__ = predict

    def size_of(self, image_hw: tuple[int, int]) -> WorkingSize:
        """Return the sizes of an image on its way through the network."""
        return plan_size(image_hw, self.short_size, self.long_size)

    @property
    def max_motion(self) -> float | None:
        """Longest vector component that the network can give, network px.

        None if the network has no such limit.
        """
        codec = getattr(getattr(self.model, 'head', None), 'codec', None)
        return None if codec is None else float(codec.fmax)

    def _predict(
        self, images: Sequence[Any], arrows: Sequence[Any], resize: bool
    ) -> list[Flow]:
        """Predict images of any sizes, those of one size together."""
        jobs = []
        for i, (image, of_image) in enumerate(zip(images, arrows)):
            try:
                jobs.append(self._prepare(as_rgb(image), of_image, resize))
            except (TypeError, ValueError) as error:
                if len(images) == 1:
                    raise
                raise type(error)(f'image {i} of the batch: {error}') from None
        flows: dict[int, Flow] = {}
        for numbers in equal_places([job[0].padded_hw for job in jobs]):
            for start in range(0, len(numbers), self.batch_size):
                some = numbers[start : start + self.batch_size]
                found = self._run([jobs[i] for i in some])
                flows.update(
                    (i, jobs[i][0].flow(flow)) for i, flow in zip(some, found)
                )
        return [flows[i] for i in range(len(jobs))]

    def _prepare(
        self, image: NDArray[np.uint8], arrows: Arrows, resize: bool
    ) -> tuple[WorkingSize, NDArray, NDArray, NDArray]:
        """Return the sizes of one image, it and its guidance resized."""
        hw = (image.shape[0], image.shape[1])
        size = self.size_of(hw) if resize else plan_size(hw)
        points, vectors = size.guidance(arrows)
        limit = self.max_motion
        if limit is not None and np.abs(vectors).max(initial=0.0) > limit:
            warnings.warn(
                f'an arrow is {np.abs(vectors).max():.0f} px long at the size '
                f'at which the network sees the image; it knows motion up to '
                f'{limit:g} px and will answer with no more',
                stacklevel=4,
            )
        return size, size.image(image), points, vectors

    @torch.inference_mode()
    def _run(self, jobs: Sequence[tuple]) -> list[Flow]:
        """Predict images of one size, px of the network."""
        inputs = dict(
            img=[
                torch.from_numpy(image).permute(2, 0, 1)
                for _, image, _, _ in jobs
            ],
            guidance_points=[torch.from_numpy(job[2]) for job in jobs],
            guidance_vectors=[torch.from_numpy(job[3]) for job in jobs],
        )
        samples = self.model.test_step(dict(inputs=inputs, data_samples=None))
        return [
            sample.pred_flow.float().cpu().permute(1, 2, 0).numpy()
            for sample in samples
        ]


def choose_device(device: str) -> str:
    """Return the device of a name; 'auto' is the GPU if there is one.

    Raises:
        ValueError: No such device, or none here.
    """
    if device == 'auto':
        return 'cuda' if torch.cuda.is_available() else 'cpu'
    try:
        kind = torch.device(device).type
    except RuntimeError:
        raise ValueError(
            f"device must be 'auto', 'cpu', 'cuda' or 'cuda:N', got {device!r}"
        ) from None
    if kind == 'cuda' and not torch.cuda.is_available():
        raise ValueError(
            f'device {device!r} is asked for, but torch sees no GPU here: use '
            "'auto' or 'cpu'"
        )
    return device


def _checked_short(
    short_size: int | str | None, of_config: int | None
) -> int | None:
    """Return the shorter side in px, or None to leave images as they are."""
    if short_size == 'config':
        return of_config
    if isinstance(short_size, str) or (
        short_size is not None and short_size < 1
    ):
        raise ValueError(
            "short_size must be 'config', None or a length >= 1 px, got "
            f'{short_size!r}'
        )
    return short_size


def equal_places(sizes: Sequence[tuple[int, ...]]) -> list[list[int]]:
    """Return the places of equal sizes, in the order of the first of each.

    Args:
        sizes: Height and width of each image.

    Example:
        >>> equal_places([(2, 3), (4, 4), (2, 3)])
        [[0, 2], [1]]
    """
    groups: dict[tuple[int, ...], list[int]] = {}
    for i, size in enumerate(sizes):
        groups.setdefault(size, []).append(i)
    return list(groups.values())
