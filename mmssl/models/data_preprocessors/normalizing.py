"""What data preprocessors for 8-bit images share."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from mmengine.model import BaseDataPreprocessor
from torch import Tensor


class NormalizingPreprocessor(BaseDataPreprocessor):
    """Base of preprocessors that normalise on the device.

    Args:
        mean: of R, G, B in 0 .. 255. Defaults to ImageNet's.
        std: of R, G, B in 0 .. 255. Defaults to ImageNet's.
        non_blocking: copy to the device without waiting. Defaults to False.

    Raises:
        ValueError: not three values each, or a std that is not positive.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        mean: Sequence[float] = (123.675, 116.28, 103.53),
        std: Sequence[float] = (58.395, 57.12, 57.375),
        non_blocking: bool = False,
    ) -> None:
        super().__init__(non_blocking)
        if len(mean) != 3 or len(std) != 3 or min(std) <= 0:
            raise ValueError(
                'mean and std must have three values each (R, G, B in 0 .. '
                f'255), std positive; got {tuple(mean)} and {tuple(std)}'
            )
        for name, values in (('mean', mean), ('std', std)):
            buffer = torch.tensor(values, dtype=torch.float32).view(3, 1, 1)
            self.register_buffer(name, buffer, persistent=False)

    def normalized(self, images: Tensor) -> Tensor:
        """Return images on the device, (x - mean) / std in float32.

        Args:
            images: (N, 3, h, w) uint8 RGB.
        """
        # 8-bit less float32 is float32: one copy, and none of the input.
        return (self.cast_data(images) - self.mean).div_(self.std)
