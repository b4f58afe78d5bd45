"""What features were made with, so that a run goes on with the same."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mmssl.apis.feature_extractor import FeatureExtractor
from mmssl.datasets.image_sources import ImageSource


def feature_settings(
    extractor: FeatureExtractor,
    source: ImageSource,
    lists: Sequence[str | Path] = (),
) -> dict[str, Any]:
    """Return what decides the features of some images, as plain data.

    Args:
        extractor: Makes them.
        source: Names of the images.
        lists: List files that the names are from.

    Returns:
        Equal for equal features, whatever folders are called.
    """
    digest = hashlib.blake2b(digest_size=8)
    for path in lists:
        digest.update(Path(path).read_bytes())
    return dict(
        images=len(source),
        names=f'{source.fingerprint():08x}{digest.hexdigest() * bool(lists)}',
        backbone=extractor.name,
        weights=weights_digest(extractor.backbone),
        part=extractor.part,
        fit=extractor.fit.text(),
        pixels=[part.flatten().tolist() for part in extractor.pixels],
        stage=extractor.stage,
        normalize=extractor.normalize,
        precision=extractor.precision,
    )


def weights_digest(module: nn.Module) -> str:
    """Return a short text that differs for other weights.

    Args:
        module: Its state dict counts: names, kinds of numbers, values.

    Example:
        >>> one, two = nn.Linear(2, 2), nn.Linear(2, 2)
        >>> weights_digest(one) == weights_digest(two)
        False
        >>> _ = two.load_state_dict(one.state_dict())
        >>> weights_digest(one) == weights_digest(two)
        True
    """
    digest = hashlib.blake2b(digest_size=16)
    for name, value in module.state_dict().items():
        digest.update(f'{name} {value.dtype} {tuple(value.shape)}'.encode())
        flat = value.detach().cpu().contiguous().reshape(-1)
        digest.update(flat.view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def check_settings(
    earlier: Mapping[str, Any], now: Mapping[str, Any], out: str | Path
) -> None:
    """Refuse to mix features that were made in different ways.

    Args:
        earlier: Settings of what the folder holds.
        now: Settings of this run.
        out: The folder, for the message.

    Raises:
        ValueError: They differ; it is said where.
    """
    differ = [
        f'{name}: {earlier.get(name)!r} there, {now.get(name)!r} now'
        for name in sorted({*earlier, *now})
        if earlier.get(name) != now.get(name)
    ]
    if differ:
        raise ValueError(
            f'{str(out)!r} holds features that were made in another way: '
            f'{"; ".join(differ)}. Take another folder, or delete this one'
        )
