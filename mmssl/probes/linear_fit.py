"""A linear classifier on features that are there already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

L2_CHOICES = (1e-3, 1e-2, 1e-1, 1.0)


class LinearFit(NamedTuple):
    """Logits = (x - mean) / std W^T + b.

    Attributes:
        weight: (classes, C).
        bias: (classes,).
        mean: (C,) of the training features.
        std: (C,) of the training features, no smaller than 1e-6.
        l2: Strength of the penalty.
    """

    weight: Tensor
    bias: Tensor
    mean: Tensor
    std: Tensor
    l2: float

    def predict(self, features: Tensor) -> Tensor:
        """Return the best class of each row, (M,) int64."""
        return self.logits(features).argmax(1)

    def logits(self, features: Tensor) -> Tensor:
        """Return the logits of each row, (M, classes), on its device."""
        mean, std, weight, bias = (
            part.to(features.device)
            for part in (self.mean, self.std, self.weight, self.bias)
        )
        return (features - mean) / std @ weight.T + bias


def fit_linear(
    features: Tensor,
    labels: Tensor,
    num_classes: int,
    l2: float = 1e-2,
    max_iter: int = 200,
) -> LinearFit:
    """Fit multinomial logistic regression to the end, on all rows at once.

    ``min_W,b mean CE(W x + b, y) + l2 / 2 |W|^2`` with x standardised per
    channel, by L-BFGS from zero: nothing random, and no learning rate to
    choose for each backbone.

    Args:
        features: (M, C) float32.
        labels: (M,) int64 in 0 .. num_classes - 1, or (M, num_classes) shares
            of the classes in each row, which sum to 1.
        num_classes: Classes.
        l2: Strength of the penalty, > 0.
        max_iter: Most steps of L-BFGS.

    Returns:
        The classifier.

    Raises:
        ValueError: No rows, another number of labels, a label out of range,
            or values that are not finite.
    """
    _check(features, labels, num_classes, l2)
    mean = features.mean(0)
    std = features.std(0, unbiased=False).clamp(min=1e-6)
    x = (features - mean) / std
    # L-BFGS has one vector; the last column is the bias
    theta = x.new_zeros(num_classes, x.shape[1] + 1).requires_grad_()

    def loss() -> Tensor:
        logits = x @ theta[:, :-1].T + theta[:, -1]
        fit = F.cross_entropy(logits, labels)
        return fit + 0.5 * l2 * theta[:, :-1].pow(2).sum()

    theta = minimised(theta, loss, max_iter)
    return LinearFit(theta[:, :-1], theta[:, -1], mean, std, l2)


def minimised(
    theta: Tensor, loss: Callable[[], Tensor], max_iter: int
) -> Tensor:
    """Return what a smooth loss is smallest at, by L-BFGS.

    Args:
        theta: Where to begin, with gradient; changed.
        loss: Of the present ``theta``, a scalar.
        max_iter: Most steps.

    Returns:
        ``theta``, detached.

    Example:
        >>> theta = torch.zeros(1, requires_grad=True)
        >>> minimised(theta, lambda: (theta - 3).pow(2).sum(), 20)
        tensor([3.])
    """
    solver = torch.optim.LBFGS(
        [theta],
        max_iter=max_iter,
        history_size=10,
        tolerance_grad=1e-6,
        tolerance_change=1e-10,
        line_search_fn='strong_wolfe',
    )

    def closure() -> Tensor:
        solver.zero_grad()
        value = loss()
        value.backward()
        return value

    with torch.enable_grad():
        solver.step(closure)
    return theta.detach()


def choose_l2(
    features: Tensor,
    labels: Tensor,
    groups: Tensor,
    num_classes: int,
    choices: Sequence[float] = L2_CHOICES,
    held_out: float = 0.2,
    seed: int = 0,
) -> float:
    """Choose the penalty on a part of the training images.

    Args:
        features: (M, C).
        labels: (M,).
        groups: (M,) image of each row: boxes of one image stay together.
        num_classes: Classes.
        choices: Penalties to try.
        held_out: Share of the images that judge.
        seed: Of the choice of images.

    Returns:
        The penalty with the most right rows held out; of equal ones the
        largest. With fewer than two images the middle of ``choices``.
    """
    images = np.unique(groups.numpy())
    count = round(held_out * len(images))
    if count < 1 or count >= len(images):
        return sorted(choices)[len(choices) // 2]
    order = np.random.default_rng(seed).permutation(images)
    judge = torch.from_numpy(np.isin(groups.numpy(), order[:count]))
    best = (-1, 0.0)
    for l2 in choices:
        fit = fit_linear(features[~judge], labels[~judge], num_classes, l2)
        right = int((fit.predict(features[judge]) == labels[judge]).sum())
        best = max(best, (right, l2))
    return best[1]


def _check(
    features: Tensor, labels: Tensor, num_classes: int, l2: float
) -> None:
    if features.dim() != 2 or len(features) != len(labels) or not len(labels):
        raise ValueError(
            'features must be (M, C) and labels (M,) with M >= 1, got '
            f'{tuple(features.shape)} and {tuple(labels.shape)}'
        )
    if labels.dim() == 2:
        _check_shares(labels, num_classes)
        low = high = 0
    else:
        low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= num_classes:
        raise ValueError(
            f'labels must be in 0 .. {num_classes - 1} '
            f'(num_classes={num_classes}), got {low} .. {high}'
        )
    if not l2 > 0:
        raise ValueError(f'l2 must be > 0, got {l2}')
    if not torch.isfinite(features).all():
        bad = int((~torch.isfinite(features)).any(1).sum())
        raise ValueError(
            f'features of {bad} of {len(features)} rows are not finite: the '
            'backbone overflows on these images'
        )


def _check_shares(shares: Tensor, num_classes: int) -> None:
    sums = shares.sum(1)
    fits = shares.shape[1] == num_classes and shares.is_floating_point()
    if not fits or (shares < 0).any() or ((sums - 1).abs() > 1e-3).any():
        raise ValueError(
            f'shares must be (M, {num_classes}) floats >= 0 that sum to 1 in '
            f'each row, got {tuple(shares.shape)} {shares.dtype} with sums in '
            f'{float(sums.min()):g} .. {float(sums.max()):g}'
        )
