"""mmpretrain's projector, which also takes a batch without rows."""

from __future__ import annotations

from collections.abc import Sequence

from mmpretrain.models.necks import NonLinearNeck as HostNeck
from torch import Tensor

from mmssl.registry import MODELS


@MODELS.register_module()
class NonLinearNeck(HostNeck):
    """Linear, norm, ReLU, ..., linear; arguments of mmpretrain's.

    The host's fails on a batch of 0 rows. A batch without boxes is one; and
    where norms share their statistics (SyncBN), the process that has it must
    go through every layer all the same, or the others wait for it forever.

    Example:
        >>> import torch
        >>> neck = NonLinearNeck(4, 8, 2, with_avg_pool=False)
        >>> neck.eval()((torch.zeros(0, 4),))[0].shape
        torch.Size([0, 2])
    """

    def forward(self, x: Sequence[Tensor]) -> tuple[Tensor]:
        """Run all layers.

        Args:
            x: one tensor, (R, C) or (R, C, h, w); R may be 0.

        Returns:
            One tensor (R, ``out_channels``).

        Raises:
            ValueError: more or fewer than one tensor, or C is not
                ``in_channels``.
        """
        if len(x) != 1:
            raise ValueError(f'the projector takes 1 tensor, got {len(x)}')
        rows = self.avgpool(x[0]) if self.with_avg_pool else x[0]
        rows = rows.flatten(1)
        if rows.shape[1] != self.fc0.in_features:
            raise ValueError(
                f'features have {rows.shape[1]} channels, the layer after '
                f'them in_channels={self.fc0.in_features}: set in_channels='
                f'{rows.shape[1]} in the neck (or predictor) of the config'
            )
        rows = self.bn0(self.fc0(rows))
        for linear, norm in zip(self.fc_names, self.bn_names):
            rows = getattr(self, linear)(self.relu(rows))
            if norm is not None:
                rows = getattr(self, norm)(rows)
        return (rows,)
