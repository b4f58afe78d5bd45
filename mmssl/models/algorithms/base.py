"""Base of mmssl's algorithms."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from mmpretrain.models.selfsup.base import BaseSelfSupervisor
from mmpretrain.structures import DataSample
from torch import Tensor, nn

from mmssl.registry import MODELS

Part = Any  # a config (dict) or a built nn.Module


def build_part(part: Part, name: str, optional: bool = False) -> Any:
    """Build a part of a model from its config; a module passes unchanged.

    Args:
        part: config or module.
        name: of the argument, for the message.
        optional: whether None is allowed.

    Raises:
        TypeError: ``part`` is neither.
    """
    if isinstance(part, nn.Module) or (optional and part is None):
        return part
    if not isinstance(part, dict):
        raise TypeError(
            f'{name} must be a config (dict) or an nn.Module, got '
            f'{type(part).__name__}'
        )
    return MODELS.build(part)


def stack_field(samples: list[DataSample] | None, field: str) -> Tensor:
    """Stack a field of the samples to one tensor.

    Raises:
        ValueError: there are no samples, or some lack the field.
    """
    if not samples:
        raise ValueError(f'there are no data samples to take {field!r} from')
    lacking = [i for i, sample in enumerate(samples) if field not in sample]
    if lacking:
        raise ValueError(f'data samples {lacking} have no {field!r}')
    return torch.stack([sample.get(field) for sample in samples])


class BaseAlgorithm(BaseSelfSupervisor):
    """A self-supervised model that can also predict.

    The host's base knows the modes 'tensor' and 'loss' only, so that none of
    its models can be validated, and it picks a data preprocessor without
    saying so. Here a subclass names its own, with scope, in
    ``default_preprocessor``, so that it is found from any project.

    Args:
        backbone: config or module.
        neck: config or module. Defaults to None.
        head: config or module. Defaults to None.
        data_preprocessor: config or module; ``type`` may be left out.
            Defaults to that of the class.
        init_cfg: mmengine's initialisation. Defaults to None.
        online_probe: config or module, usually
            :class:`~mmssl.probes.LinearProbe`: a classifier that is trained
            beside the method, on the backbone's features of the loss pass,
            without a gradient to them. Defaults to None.

    Raises:
        TypeError: a part is neither config nor module.
    """

    default_preprocessor: ClassVar[str] = 'mmpretrain.SelfSupDataPreprocessor'
    # Beginnings of names that keep their initial values when a training
    # starts from a checkpoint (load_from); resuming takes them.
    starts_anew: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        backbone: Part,
        neck: Part = None,
        head: Part = None,
        data_preprocessor: Part = None,
        init_cfg: Any = None,
        online_probe: Part = None,
    ) -> None:
        if data_preprocessor is None or isinstance(data_preprocessor, dict):
            data_preprocessor = {
                'type': self.default_preprocessor,
                **(data_preprocessor or {}),
            }
        super().__init__(
            backbone=build_part(backbone, 'backbone'),
            neck=build_part(neck, 'neck', optional=True),
            head=build_part(head, 'head', optional=True),
            data_preprocessor=build_part(
                data_preprocessor, 'data_preprocessor'
            ),
            init_cfg=init_cfg,
        )
        self.online_probe = build_part(
            online_probe, 'online_probe', optional=True
        )

    def forward(
        self,
        inputs: Any,
        data_samples: list[DataSample] | None = None,
        mode: str = 'tensor',
    ) -> Any:
        """Run the model in one of its modes.

        Args:
            inputs: what the data preprocessor made.
            data_samples: one for each sample.
            mode: ``'loss'``: dict of losses, those of the online probe
                included; ``'predict'``: list of DataSample; ``'tensor'``:
                raw outputs.

        Raises:
            ValueError: unknown ``mode``.
        """
        if mode == 'tensor':
            return self.tensor(inputs)
        if mode == 'loss' and self.online_probe is not None:
            return self._loss_with_probe(inputs, data_samples)
        if mode == 'loss':
            return self.loss(inputs, data_samples)
        if mode == 'predict':
            return self.predict(inputs, data_samples)
        raise ValueError(
            f'unknown mode {mode!r}; valid: loss, predict, tensor'
        )

    def _loss_with_probe(
        self, inputs: Any, data_samples: list[DataSample] | None
    ) -> dict[str, Tensor]:
        """Return the method's losses and those of the online probe.

        The hook lives as long as the pass: a copy of the backbone (a teacher,
        an average of the weights) never carries it, and outside of compiled
        or checkpointed code it sees each pass once.
        """
        features: list[Tensor] = []

        def keep(_module: nn.Module, _args: Any, outputs: Any) -> None:
            features.append(self.online_probe.pool(outputs))

        handle = self.backbone.register_forward_hook(keep)
        try:
            losses = self.loss(inputs, data_samples)
        finally:
            handle.remove()
        features = self.probed(features, inputs)
        return {**losses, **self.online_probe.loss(features, data_samples)}

    def probed(self, features: list[Tensor], inputs: Any) -> list[Tensor]:
        """Return the online probe's features of whole views.

        Args:
            features: of each pass through the backbone in the loss, (n, C).
            inputs: of the loss.
        """
        return features

    def tensor(self, inputs: Any) -> Any:
        """Return raw outputs; the backbone's, unless overridden."""
        return self.extract_feat(inputs)

    def predict(
        self, inputs: Any, data_samples: list[DataSample] | None
    ) -> list[DataSample]:
        """Return predictions; a subclass that can be validated overrides.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError(f'{type(self).__name__} does not predict')
