"""Samples of the global generators: equal in any process, at any place."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, Subset

from mmssl.datasets import Draw, DrawSampler, SeededDataset
from mmssl.datasets.draw_seeding import seeded_dataset, seeded_draw
from mmssl.datasets.drawn_dataset import DrawnDataset
from mmssl.registry import DATASETS


class Noise(Dataset):
    """Each sample is what the three generators give, and its index."""

    scale = 1.0

    def __len__(self):
        return 6

    def __getitem__(self, index):
        return torch.tensor(
            [random.random(), np.random.rand(), torch.rand(1).item(), index],
            dtype=torch.float64,
        )


class Endless(IterableDataset):
    def __iter__(self):
        return iter(())


def noise():
    return [random.random(), np.random.rand(), torch.rand(1).item()]


def test_seeded_draw__main_process_goes_on_as_before():
    expected = noise() + noise()
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    first = noise()
    with seeded_draw(3, 4):
        inside = noise()
    assert first + noise() == expected
    with seeded_draw(3, 4):
        assert noise() == inside
    with seeded_draw(3, 5):
        assert not set(noise()) & set(inside)


def test_seeded_dataset__workers_and_start_make_no_difference():
    def samples(workers, done=0):
        sampler = DrawSampler(range(6), 1)
        sampler.set_position(0, done)
        loader = DataLoader(
            SeededDataset(Noise(), 7),
            2,
            sampler=sampler,
            num_workers=workers,
        )
        batches = iter(loader)
        return torch.cat([next(batches) for _ in range(8)])

    whole = samples(0)
    assert len(set(whole[:, 0].tolist())) == 16  # 6 samples, augmented anew
    for workers in (1, 2):
        assert torch.equal(samples(workers), whole)
    assert torch.equal(samples(2, done=6)[:10], whole[6:])


def test_seeded_dataset__seeds_and_plain_indices():
    def sample(seed, index):
        return SeededDataset(Noise(), seed)[index].tolist()

    assert sample(1, Draw(2, 9)) == sample(1, Draw(2, 9))
    assert sample(1, Draw(2, 9))[:3] == sample(1, Draw(3, 9))[:3]
    assert sample(1, Draw(2, 9))[0] != sample(2, Draw(2, 9))[0]
    assert sample(1, Draw(2, 9))[0] != sample(1, Draw(2, 8))[0]
    random.seed(5)
    expected = random.random()
    random.seed(5)
    assert sample(1, 2)[0] == expected


def test_seeded_dataset__is_the_data_set_inside():
    inside = Noise()
    dataset = SeededDataset(inside, 1)
    assert len(dataset) == 6
    dataset.scale = 3.0
    assert inside.scale == dataset.scale == 3.0
    assert 'scale' not in vars(dataset)
    with pytest.raises(AttributeError, match='nothing'):
        _ = dataset.nothing
    # a list of indices at once would go past the seeds
    assert not hasattr(SeededDataset(Subset(inside, [0]), 1), '__getitems__')


def test_build__only_what_does_not_seed_itself():
    DATASETS.register_module(name='NoiseForTest', module=Noise, force=True)
    built = seeded_dataset(dict(type='mmssl.NoiseForTest'), seed=4)
    assert isinstance(built, SeededDataset)
    assert isinstance(built.dataset, Noise)
    assert built.draw_seed == 4
    drawn = DrawnDataset(lazy_init=True)
    assert seeded_dataset(drawn, 4) is drawn
    endless = Endless()
    assert seeded_dataset(endless, 4) is endless


def test_drawn_dataset__seeds_its_draws_itself():
    class Drawn(DrawnDataset):
        def load_data_list(self):
            return [dict(value=i) for i in range(3)]

    def pipeline(results):
        return [results['rng'].random(), *noise()]

    def sample(number, seed=2):
        return Drawn(seed=seed, pipeline=[pipeline])[Draw(1, number)]

    noise()
    first = sample(5)
    noise()
    assert sample(5) == first
    assert not set(sample(6)) & set(first)
    assert not set(sample(5, seed=3)) & set(first)
