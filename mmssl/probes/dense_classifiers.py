"""From the features of labelled cells to scores of the classes."""

from __future__ import annotations

from typing import Callable, Union

import torch
from torch import Tensor

from mmssl.probes.cell_bank import CellBank
from mmssl.probes.dense_features import cell_rows, rows_map
from mmssl.probes.knn import checked_votes, nearest
from mmssl.probes.linear_fit import choose_l2, fit_linear

# (N, C, h, w) maps -> (N, K, h, w) scores, the larger the likelier.
Scorer = Callable[[Tensor], Tensor]
Device = Union[str, torch.device]
# There are many cells, and the classes of most are mixed: less is needed.
L2_CHOICES = (1e-4, 1e-3, 1e-2, 1e-1)


class DenseKnn:
    """Classes of a cell by the votes of its nearest neighbours.

    Each of the k cells of the bank with the largest cosine votes with weight
    exp(cosine / temperature) for the classes in it, by their shares of the
    cell.

    Args:
        k: neighbours; at most all.
        temperature: T.
        query_chunk: cells compared at a time.
        bank_chunk: with how many of the bank at a time.

    Raises:
        ValueError: k or temperature is out of range.
    """

    name = 'knn'

    def __init__(
        self,
        k: int = 20,
        temperature: float = 0.07,
        query_chunk: int = 2048,
        bank_chunk: int = 65536,
    ) -> None:
        checked_votes(k, temperature)
        self.k, self.temperature = k, temperature
        self.query_chunk, self.bank_chunk = query_chunk, bank_chunk

    def fit(self, bank: CellBank, device: Device = 'cpu') -> Scorer:
        """Return what scores maps by the cells of a bank."""

        def score(maps: Tensor) -> Tensor:
            hw = (maps.shape[2], maps.shape[3])
            parts = cell_rows(maps).split(self.query_chunk)
            return rows_map(
                torch.cat([self._votes(p, bank) for p in parts]), hw
            )

        return score

    def _votes(self, queries: Tensor, bank: CellBank) -> Tensor:
        """Return (M, K) shares of the votes."""
        cosines, rows = nearest(
            queries,
            bank.rows,
            min(self.k, len(bank.rows)),
            bank_chunk=self.bank_chunk,
        )
        weight = (cosines / self.temperature).softmax(1)
        shares = bank.shares.to(rows.device)[rows]
        return torch.einsum('mk,mkc->mc', weight, shares)


class DenseLinear:
    """Classes of a cell by a linear classifier, fitted to its minimum.

    ``min_W,b mean CE(W x + b, shares) + l2 / 2 |W|^2`` over the cells of the
    bank, x standardised by channel, see
    :func:`~mmssl.probes.linear_fit.fit_linear`; nothing random.

    Args:
        l2: Strength of the penalty; None: chosen of 1e-4, 1e-3, 1e-2 and
            0.1 on a fifth of the bank's images, by the cells whose largest
            class is right.
        seed: Of the choice of that fifth.
        max_iter: Most steps of L-BFGS.

    Raises:
        ValueError: ``l2`` is not positive.
    """

    name = 'linear'

    def __init__(
        self, l2: float | None = None, seed: int = 0, max_iter: int = 200
    ) -> None:
        if l2 is not None and not l2 > 0:
            raise ValueError(f'l2 must be > 0, or None to choose, got {l2}')
        self.l2, self.seed, self.max_iter = l2, seed, max_iter

    def fit(self, bank: CellBank, device: Device = 'cpu') -> Scorer:
        """Return what scores maps by a classifier of a bank."""
        rows, shares = bank.rows.to(device), bank.shares.to(device)
        classes, l2 = shares.shape[1], self.l2
        if l2 is None:
            best = shares.argmax(1)
            l2 = choose_l2(
                rows, best, bank.images, classes, L2_CHOICES, seed=self.seed
            )
        fit = fit_linear(rows, shares, classes, l2, self.max_iter)

        def score(maps: Tensor) -> Tensor:
            hw = (maps.shape[2], maps.shape[3])
            return rows_map(fit.logits(cell_rows(maps)), hw)

        return score


class DensePosition:
    """Classes of a cell by nothing but its place: the mean of the bank.

    What a probe gets that has not looked at the image.
    """

    name = 'position'

    def fit(self, bank: CellBank, device: Device = 'cpu') -> Scorer:
        """Return what scores maps by their cells' places."""
        size = bank.hw[0] * bank.hw[1]
        sums = bank.shares.new_zeros(size, bank.shares.shape[1])
        sums.index_add_(0, bank.cells.to(sums.device), bank.shares)
        # A cell that the bank lacks has the mean of all.
        sums += 1e-3 * bank.shares.mean(0)
        means = sums / sums.sum(1, keepdim=True)

        def score(maps: Tensor) -> Tensor:
            mean = rows_map(means.to(maps.device), bank.hw)
            return mean.expand(len(maps), -1, -1, -1)

        return score


Classifier = Union[DenseKnn, DenseLinear, DensePosition]
