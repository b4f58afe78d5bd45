"""A frozen backbone of a checkpoint, or a random one, for dense probes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mmengine.registry import DefaultScope
from torch import Tensor, nn

from mmssl.checkpoints.config_in_meta import config_in_meta
from mmssl.checkpoints.load_report import load_into
from mmssl.probes.checkpoint_backbone import CheckpointBackbone
from mmssl.probes.extraction import adapt_batch_norm
from mmssl.probes.fast_probe import quiet
from mmssl.registry import MODELS
from mmssl.utils.random_state import kept_cpu_generators, seed_cpu_generators


class ParsingNetwork(nn.Module):
    """A backbone with its preprocessor, as the probes want a model.

    Args:
        backbone: Any.
        normalize: ``dict(mean=, std=)`` of R, G, B in 0 .. 255; None:
            ImageNet's.
    """

    def __init__(
        self, backbone: nn.Module, normalize: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.data_preprocessor = MODELS.build(
            dict(type='mmssl.ViewsDataPreprocessor', **(normalize or {}))
        )

    def features(self, inputs: Sequence[Tensor], data_samples: Any) -> Any:
        """Return the backbone's outputs for a list of one view."""
        return self.backbone(inputs[0])


def built_network(
    found: CheckpointBackbone,
    loaded: Mapping[str, Any] | None,
    seed: int = 0,
    stages: Sequence[int] | None = None,
    normalize: Mapping[str, Any] | None = None,
) -> ParsingNetwork:
    """Build a backbone in evaluation mode.

    Args:
        found: What to build.
        loaded: What its checkpoint holds; None: random weights.
        seed: Of random weights.
        stages: Outputs of the backbone (its ``out_indices``); None: those of
            its config.
        normalize: See :class:`ParsingNetwork`.

    Returns:
        The network on the CPU.

    Raises:
        CheckpointMismatch: The file has not all of the backbone's tensors
            (norms of outputs that were not trained may be missing).
    """
    changes = {} if stages is None else dict(out_indices=tuple(stages))
    scope = DefaultScope.overwrite_default_scope('mmssl')
    with scope, kept_cpu_generators(), quiet():
        seed_cpu_generators([seed])
        backbone = MODELS.build(dict(found.config, init_cfg=None, **changes))
        if loaded is None:
            init = getattr(backbone, 'init_weights', None)
            if init is not None:
                init()
        else:
            load_into(
                backbone,
                loaded,
                prefix=found.prefix,
                min_matched=1.0,
                optional=[f'norm{i}.' for i in stages or ()],
                source=found.path,
            )
    network = ParsingNetwork(backbone, normalize)
    network.eval()
    return network


def carried_pixels(loaded: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return how a checkpoint's training normalised its images.

    Args:
        loaded: What the file holds.

    Returns:
        ``dict(mean=, std=)`` of R, G, B in 0 .. 255; None if it does not
        tell.
    """
    model, meta = config_in_meta(loaded), loaded.get('meta')
    given = model.get('data_preprocessor') if model else None
    if given is None and isinstance(meta, Mapping):
        given = meta.get('input')  # of an exported backbone
    if not isinstance(given, Mapping):
        return None
    pixels = {name: given.get(name) for name in ('mean', 'std')}
    told = all(
        isinstance(values, (list, tuple)) and len(values) == 3
        for values in pixels.values()
    )
    return pixels if told else None


def adapt_statistics(
    network: ParsingNetwork, images: Tensor, batch_size: int = 32
) -> int:
    """Give batch normalisations the statistics of some images.

    Args:
        network: It is changed.
        images: (n, 3, H, W) uint8.
        batch_size: Images whose statistics are one batch.

    Returns:
        Number of batch normalisations.
    """
    batches: Iterable[dict] = (
        dict(inputs=[part]) for part in images.split(batch_size)
    )
    return adapt_batch_norm(network, batches)
