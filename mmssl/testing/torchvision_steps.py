"""torchvision's counterparts of our transforms of views, to compare with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from PIL import ImageFilter
from torchvision import transforms
from torchvision.transforms import InterpolationMode, v2
from torchvision.transforms.v2 import functional

from mmssl.datasets.transforms.resize_blur import PUBLISHED_FACTORS

Step = Callable[[Any], Any]


class TorchvisionSteps:
    """Turns the config of one of our transforms into torchvision's.

    They draw from torch's global generator, and what torchvision has not
    from one of their own.

    Args:
        tensors: True: for 8-bit tensors, of ``transforms.v2``; False: for
            Pillow images, of ``transforms``.

    Example:
        >>> steps = TorchvisionSteps(tensors=False)
        >>> steps(dict(type='FlipView', prob=0.25))
        RandomHorizontalFlip(p=0.25)
    """

    def __init__(self, tensors: bool) -> None:
        self._module: Any = v2 if tensors else transforms
        self._rng = np.random.default_rng(0)

    def __call__(self, step: Mapping[str, Any]) -> Step:
        """Return torchvision's counterpart.

        Args:
            step: ``type`` and arguments, as in a pipeline.

        Raises:
            KeyError: There is none.
        """
        options = {k: v for k, v in step.items() if k not in ('type', 'prob')}
        make: dict[str, Callable[..., Step]] = dict(
            RandomResizedCropView=self._crop,
            FlipView=self._module.RandomHorizontalFlip,
            ColorJitterView=self._module.ColorJitter,
            GrayscaleView=self._module.RandomGrayscale,
            ResizeBlurView=lambda: self._resize_blur,
            PillowBlurView=lambda radius: lambda x: self._blur(x, radius),
            SolarizeView=self._module.RandomSolarize,
        )
        made = make[step['type']]
        if step['type'] in ('FlipView', 'GrayscaleView', 'SolarizeView'):
            return made(p=step['prob'], **options)
        if 'prob' in step:
            return self._module.RandomApply([made(**options)], step['prob'])
        return made(**options)

    def _crop(self, size: Any, **options: Any) -> Step:
        return self._module.RandomResizedCrop(
            size, interpolation=InterpolationMode.BICUBIC, **options
        )

    def _resize_blur(self, image: Any) -> Any:
        """Shrink by a random factor and enlarge, Pillow image or tensor."""
        factor = PUBLISHED_FACTORS[self._rng.integers(3)]
        height, width = functional.get_size(image)
        for size in ((height // factor, width // factor), (height, width)):
            image = functional.resize(
                image,
                [int(side) for side in size],
                InterpolationMode.BICUBIC,
                antialias=True,
            )
        return image

    def _blur(self, image: Any, radius: tuple[float, float]) -> Any:
        """Blur by a random radius, Pillow image or tensor."""
        sigma = self._rng.uniform(*radius)
        if isinstance(image, torch.Tensor):
            return functional.gaussian_blur(image, [13, 13], [sigma, sigma])
        return image.filter(ImageFilter.GaussianBlur(sigma))
