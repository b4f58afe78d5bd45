import pytest
import torch

from mmssl.probes.cell_bank import CellBank, cells_of_images
from mmssl.probes.dense_classifiers import (
    DenseKnn,
    DenseLinear,
    DensePosition,
)


def toy_bank(n=12, noise=0.3):
    """Cells whose channel is the class, in images of 2 x 3 cells."""
    generator = torch.Generator().manual_seed(0)
    masks = torch.randint(0, 3, (n, 4, 6), generator=generator)
    whole = torch.nn.functional.one_hot(masks, 3).permute(0, 3, 1, 2).float()
    maps = torch.nn.functional.avg_pool2d(whole, 2)
    maps = maps + noise * torch.randn(maps.shape, generator=generator)
    return cells_of_images(maps, [*masks], [*range(n)], 3), maps


def test_knn__against_loops():
    bank, _ = toy_bank()
    maps = torch.randn(2, 3, 2, 3, generator=torch.Generator().manual_seed(1))
    scores = DenseKnn(k=5, temperature=0.2, query_chunk=5).fit(bank)(maps)
    for n, i, j in ((0, 0, 0), (1, 1, 2), (1, 0, 1)):
        cell = maps[n, :, i, j]
        cosines = torch.cosine_similarity(bank.rows, cell[None])
        order = cosines.argsort(descending=True)[:5]
        votes = torch.zeros(3)
        for place in order:
            votes += (cosines[place] / 0.2).exp() * bank.shares[place]
        expected = votes / votes.sum()
        assert torch.allclose(scores[n, :, i, j], expected, atol=1e-5)
    few = CellBank(*(part[:3] for part in bank[:4]), bank.hw)
    assert DenseKnn(k=20).fit(few)(maps).shape == (2, 3, 2, 3)
    with pytest.raises(ValueError, match='k must be >= 1 and temperature > 0'):
        DenseKnn(k=0)


def test_linear__is_the_minimum_on_shares():
    bank, maps = toy_bank()
    scores = DenseLinear(l2=0.05, max_iter=500).fit(bank)(maps)
    rows = (bank.rows - bank.rows.mean(0)) / bank.rows.std(0, unbiased=False)
    weight = torch.zeros(3, 3, requires_grad=True)
    bias = torch.zeros(3, requires_grad=True)
    optimizer = torch.optim.SGD([weight, bias], lr=1.0, momentum=0.9)
    for _ in range(400):
        optimizer.zero_grad()
        logs = (rows @ weight.T + bias).log_softmax(1)
        loss = -(bank.shares * logs).sum(1).mean()
        (loss + 0.025 * weight.square().sum()).backward()
        optimizer.step()
    expected = (rows @ weight.T + bias).detach().softmax(1)
    found = scores.flatten(2).mT.flatten(0, 1).softmax(1)
    assert torch.allclose(found, expected, atol=1e-3)


def test_linear__chooses_its_penalty():
    bank, maps = toy_bank(noise=0.05)
    best = DenseLinear().fit(bank)(maps).argmax(1)
    true = bank.shares.argmax(1).reshape(12, 2, 3)
    clear = (bank.shares.max(1).values > 0.6).reshape(12, 2, 3)
    assert (best == true)[clear].float().mean() > 0.95
    with pytest.raises(ValueError, match='l2 must be > 0, or None'):
        DenseLinear(l2=0.0)


def test_position__the_mean_of_each_place():
    bank, maps = toy_bank()
    left = CellBank(*(part[bank.cells != 4] for part in bank[:4]), bank.hw)
    scores = DensePosition().fit(left)(maps)
    assert scores.shape == maps.shape
    first = bank.shares[bank.cells == 1].mean(0)
    assert torch.allclose(scores[5, :, 0, 1], first, atol=1e-3)
    everywhere = left.shares.mean(0)
    assert torch.allclose(scores[0, :, 1, 1], everywhere, atol=1e-5)
