"""RAFT of torchvision as a flow estimator, with weights the user brings."""

from __future__ import annotations

import math
import os
from typing import Any

import cv2
import numpy as np
import torch
from torch.nn import functional as F
from torchvision.models import optical_flow

from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.flow.estimators import FlowEstimator

_MULTIPLE = 8  # the network's stride
_SMALLEST = 128  # px; below, the coarsest correlation volume is empty


class RAFTFlow(FlowEstimator):
    """Recurrent all-pairs field transforms, torchvision's implementation.

    Frames are padded (edge pixels repeated, centred) to a multiple of 8 and
    to at least 128 px; the flow is cropped back.

    Source: Teed, Deng 2020, arXiv:2003.12039; torchvision.models.optical_flow.

    Args:
        variant: 'small' or 'large'.
        weights: File with torchvision's state dict of that variant. It is
            read without running anything of it, and never downloaded.
        iterations: Updates of the flow.
        device: Torch device, e.g. ``'cuda:0'``.

    Raises:
        ValueError: No weights given, or they do not fit the variant.
        FileNotFoundError: No such weights file.
    """

    min_size = 8

    def __init__(
        self,
        variant: str,
        weights: str | os.PathLike[str] | None = None,
        iterations: int = 12,
        device: str = 'cpu',
    ) -> None:
        if weights is None:
            raise ValueError(
                f'raft_{variant} needs a weights file: download '
                f"torchvision's Raft_{variant.capitalize()}_Weights yourself "
                'and give its path (--weights)'
            )
        make = getattr(optical_flow, f'raft_{variant}')
        self._network = make(weights=None, progress=False)
        self._network.load_state_dict(_read_weights(weights, self._network))
        self._network.to(device).eval()
        self._iterations = iterations
        self._device = device

    def prepare(self, frame: np.ndarray, bgr: bool = False) -> Any:
        """Return the padded (1, 3, H', W') image in [-1, 1] and its crop."""
        if bgr:
            frame = cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
        height, width = frame.shape[:2]
        top, bottom = _padding(height)
        left, right = _padding(width)
        image = torch.from_numpy(np.ascontiguousarray(frame))
        image = image.to(self._device).permute(2, 0, 1)[None].float()
        image = F.pad(
            image / 127.5 - 1, (left, right, top, bottom), mode='replicate'
        )
        return image, (top, left, height, width)

    @torch.inference_mode()
    def between(self, first: Any, second: Any) -> np.ndarray:
        """Return (H, W, 2) float32 flow of two prepared frames."""
        image0, (top, left, height, width) = first
        flow = self._network(
            image0, second[0], num_flow_updates=self._iterations
        )[-1]
        flow = flow[0, :, top : top + height, left : left + width]
        return np.ascontiguousarray(flow.permute(1, 2, 0).float().cpu())


def _padding(size: int) -> tuple[int, int]:
    """Pixels before and after, up to a multiple of 8 that is >= 128.

    Example:
        >>> _padding(100), _padding(130), _padding(136)
        ((14, 14), (3, 3), (0, 0))
    """
    wanted = max(_SMALLEST, math.ceil(size / _MULTIPLE) * _MULTIPLE)
    before = (wanted - size) // 2
    return before, wanted - size - before


def _read_weights(
    path: str | os.PathLike[str], network: torch.nn.Module
) -> dict[str, torch.Tensor]:
    """Read a state dict and hold its keys and shapes against the network."""
    if not os.path.isfile(path):
        raise FileNotFoundError(f'no RAFT weights file {path}')
    try:
        state = load_checkpoint(os.fspath(path))
    except CheckpointError as error:
        raise ValueError(
            f'{path}: not a file of plain weights that can be loaded safely '
            f'({str(error).splitlines()[0]})'
        ) from error
    expected = network.state_dict()
    if not isinstance(state, dict):
        raise ValueError(f'{path}: holds no state dict')
    differing = set(expected) ^ set(state) or {
        key
        for key, value in expected.items()
        if getattr(state[key], 'shape', None) != value.shape
    }
    if differing:
        raise ValueError(
            f'{path}: not weights of this RAFT variant; {len(differing)} '
            f'entries differ, e.g. {sorted(map(str, differing))[:3]}'
        )
    return state
