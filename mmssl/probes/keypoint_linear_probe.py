"""How well keypoints of people follow linearly from frozen maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mmssl.evaluation.keypoint_scores import (
    COCO_SIGMAS,
    keypoint_distances,
    oks,
    oks_ap,
    pck,
)
from mmssl.probes.dense_features import DenseExtractor, Stages
from mmssl.probes.keypoint_fit import fit_keypoints
from mmssl.probes.keypoint_maps import PeopleMaps, people_maps
from mmssl.probes.loaders import build_probe_loaders
from mmssl.registry import TASK_UTILS
from mmssl.utils.model_wrapper import unwrapped


@TASK_UTILS.register_module()
class KeypointLinearProbe:
    """Find keypoints in views of one person by linear functions of a map.

    Which cell of the map a keypoint is in, and how far from its centre: two
    1 x 1 convolutions, fitted anew at each measurement to their minimum, see
    :func:`~mmssl.probes.keypoint_fit.fit_keypoints`. Training is not touched.

    Args:
        loader: of the people that are judged, see
            :func:`~mmssl.probes.loaders.build_probe_loader`:
            :class:`~mmssl.datasets.person_keypoints.PersonKeypoints`, its
            pipeline is LoadImageRGB, CropPerson, PackKeypoints.
        bank_loader: of those that are fitted on. Their maps lie in memory:
            people x channels x cells x 4 bytes.
        thresholds: of PCK, in the longer side of a person's box.
        l2: strength of the penalties.
        max_iter: most steps of L-BFGS.
        stages: which of the backbone's outputs, see
            :func:`~mmssl.probes.dense_features.joined_maps`.
        semantic_weight: lambda of a semantic backbone; None: its own.
        baselines: whether to measure also what colours and places tell.
        name: before the numbers' names.
        backbone: name of the module, such as 'teacher.backbone'.
        normalize: ``dict(mean=, std=)`` in place of that of the model's data
            preprocessor.
        precision: 'fp32', 'bf16' or 'fp16' of the backbone.

    Raises:
        ValueError: an argument is out of range.
    """

    def __init__(
        self,
        loader: Any,
        bank_loader: Any,
        thresholds: Sequence[float] = (0.05, 0.1, 0.2),
        l2: float = 1e-2,
        max_iter: int = 100,
        stages: Stages = -1,
        semantic_weight: float | None = None,
        baselines: bool = True,
        name: str = 'keypoints_linear',
        backbone: str = 'backbone',
        normalize: Mapping[str, Sequence[float]] | None = None,
        precision: str = 'fp32',
    ) -> None:
        if not thresholds or not min(thresholds) > 0 or not l2 > 0:
            raise ValueError(
                'thresholds and l2 must be > 0, got '
                f'{tuple(thresholds)} and {l2}'
            )
        self.loader, self.bank_loader = loader, bank_loader
        self.thresholds, self.stages = tuple(thresholds), stages
        self.l2, self.max_iter = l2, max_iter
        self.semantic_weight, self.baselines = semantic_weight, baselines
        self.name, self.backbone = name, backbone
        self.normalize, self.precision = normalize, precision

    def prepare(self) -> None:
        """Build the loaders, so that mistakes in them show at once."""
        self.loader, self.bank_loader = build_probe_loaders(
            self.loader, self.bank_loader, self.name
        )

    def measure(self, model: nn.Module) -> dict[str, float]:
        """Return the figures; every process calls this.

        Args:
            model: with a backbone and ``data_preprocessor``; it is left as
                it was.

        Returns:
            ``{name}_pck0.1``, ... for each threshold and, with the 17
            keypoints of COCO, ``{name}_oks`` and ``_ap``, in %; with
            baselines the same of ``{name}_place_...``, ``_colour_...`` and
            ``_colour_and_place_...``. The same in all processes.

        Raises:
            ValueError: keypoints or features are not as they should be.
        """
        self.prepare()
        extract = DenseExtractor(
            unwrapped(model),
            self.backbone,
            self.stages,
            self.normalize,
            self.precision,
        )
        bank, judged = (
            people_maps(extract, loader, self.semantic_weight, self.baselines)
            for loader in (self.bank_loader, self.loader)
        )
        if bank.hw != judged.hw:
            raise ValueError(
                f'{self.name}: views of both loaders must be of one size, '
                f'got {judged.hw} and {bank.hw}'
            )
        found = {}
        for kind in bank.maps:
            guess = self._found(kind, bank, judged, extract.device)
            beside = '' if kind == 'network' else f'{kind}_'
            for key, value in self._figures(judged, guess).items():
                found[f'{self.name}_{beside}{key}'] = value
        if self.baselines:
            mean = mean_keypoints(bank.people.keypoints)
            guess = mean.expand(len(judged.people.places), -1, -1)
            for key, value in self._figures(judged, guess).items():
                found[f'{self.name}_place_{key}'] = value
        return found

    def _found(
        self, kind: str, bank: PeopleMaps, judged: PeopleMaps, device: Any
    ) -> Tensor:
        """Return the keypoints that a fit on the bank finds, (n, K, 3)."""
        points = bank.people.keypoints
        places = points[..., :2] / points.new_tensor(bank.hw[::-1])
        fit = fit_keypoints(
            bank.maps[kind].to(device),
            places.to(device),
            (points[..., 2] > 0).to(device),
            self.l2,
            self.max_iter,
        )
        parts = judged.maps[kind].split(64)
        return torch.cat(
            [fit.predict(part.to(device), bank.hw).cpu() for part in parts]
        )

    def _figures(self, judged: PeopleMaps, guess: Tensor) -> dict[str, float]:
        """Return PCK, OKS and AP of predicted keypoints."""
        people = judged.people
        far = keypoint_distances(guess.numpy(), people.keypoints.numpy())
        found = {
            f'pck{threshold:g}': pck(far, people.sizes.numpy(), threshold)
            for threshold in self.thresholds
        }
        if far.shape[1] == len(COCO_SIGMAS):
            near = oks(far, people.areas.numpy())
            found['oks'] = 100 * float(np.nanmean(near))
            found['ap'] = oks_ap(near, guess[..., 2].mean(1).numpy())
        return found


def mean_keypoints(keypoints: Tensor) -> Tensor:
    """Return where each keypoint is on average.

    Args:
        keypoints: (n, K, 3) x, y, v: labelled where above 0.

    Returns:
        (K, 3) x, y, 1; the mean of all places for one never labelled.

    Example:
        >>> points = torch.tensor(
        ...     [[[2.0, 4, 2]], [[4.0, 8, 1]], [[9.0, 9, 0]]]
        ... )
        >>> mean_keypoints(points)
        tensor([[3., 6., 1.]])
    """
    labelled = (keypoints[..., 2:] > 0).float()
    total = (keypoints[..., :2] * labelled).sum(0)
    count = labelled.sum(0)
    middle = total.sum(0) / count.sum().clamp(min=1)
    mean = torch.where(count > 0, total / count.clamp(min=1), middle)
    return torch.cat([mean, torch.ones_like(count)], 1)
