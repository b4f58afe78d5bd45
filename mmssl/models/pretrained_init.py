"""``init_cfg=dict(type='Pretrained')`` that says what it loaded."""

from __future__ import annotations

from collections.abc import Sequence

from mmengine.model import PretrainedInit as HostInit
from mmengine.model import update_init_info
from mmengine.runner.checkpoint import CheckpointLoader
from torch import nn

from mmssl.checkpoints.load_report import load_into
from mmssl.checkpoints.safe_load import install_safe_loader
from mmssl.registry import WEIGHT_INITIALIZERS


@WEIGHT_INITIALIZERS.register_module(name='Pretrained')
class PretrainedInit(HostInit):
    """Initialise a module from a checkpoint, safely and with a report.

    mmengine's loads whatever fits, and a backbone that took nothing from the
    file is trained from noise. This one takes its place under the scope of
    mmssl, logs the load report, and raises below a share.

    Args:
        checkpoint: A path or address, as mmengine takes it.
        prefix: Take only the file's names that start with it, without it.
        map_location: As in ``torch.load``.
        min_matched: Share of the module's tensors that the file must have.
        optional: Beginnings of names that the module does not need.

    Example:
        >>> PretrainedInit('a.pth', prefix='backbone').prefix
        'backbone.'
    """

    def __init__(
        self,
        checkpoint: str,
        prefix: str | None = None,
        map_location: str = 'cpu',
        min_matched: float = 0.9,
        optional: Sequence[str] = (),
    ) -> None:
        if prefix and not prefix.endswith('.'):
            prefix += '.'
        super().__init__(checkpoint, prefix, map_location)
        self.min_matched = min_matched
        self.optional = tuple(optional)

    def __call__(self, module: nn.Module) -> None:
        """Load into a module.

        Args:
            module: Gets the tensors.

        Raises:
            CheckpointMismatch: Too little matches; the cause is named.
            CheckpointError: The file is refused or damaged.
            FileNotFoundError: No such file.
        """
        install_safe_loader()
        loaded = CheckpointLoader.load_checkpoint(
            self.checkpoint, map_location=self.map_location, logger='current'
        )
        load_into(
            module,
            loaded,
            prefix=self.prefix or '',
            min_matched=self.min_matched,
            optional=self.optional,
            source=str(self.checkpoint),
        )
        if hasattr(module, '_params_init_info'):
            update_init_info(module, init_info=self._get_init_info())
