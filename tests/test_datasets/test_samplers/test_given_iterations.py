"""The published list of the whole run, re-derived from its description."""

import numpy as np
import pytest

from mmssl.datasets.samplers import given_iterations
from mmssl.datasets.samplers.given_iterations import GivenIterationSampler
from mmssl.registry import DATA_SAMPLERS


def naive_list(n, total, world, seed=0):
    """Cut off or repeat to the run's length, then one global shuffle."""
    indices = [i % n for i in range(total * world)]
    np.random.seed(seed)
    np.random.shuffle(indices)
    return indices


def as_rank(monkeypatch, rank, world, *args, **kwargs):
    info = (rank, world)
    monkeypatch.setattr(given_iterations, 'get_dist_info', lambda: info)
    return GivenIterationSampler(*args, **kwargs)


@pytest.mark.parametrize('n', [3, 24, 40, 1000])
@pytest.mark.parametrize('world', [1, 2])
def test_given_iterations__contiguous_pieces(monkeypatch, n, world):
    whole = []
    numbers = []
    for rank in range(world):
        sampler = as_rank(
            monkeypatch, rank, world, range(n), total_iter=5, batch_size=4
        )
        assert len(sampler) == 20
        piece = list(sampler)
        whole += [int(draw) for draw in piece]
        numbers += [draw.number for draw in piece]
    assert whole == naive_list(n, 20, world)
    assert numbers == list(range(20 * world))


def test_given_iterations__long_datasets_lose_their_tail():
    sampler = GivenIterationSampler(range(1000), 5, 4)
    assert sorted(sampler) == list(range(20))


def test_given_iterations__resume(monkeypatch):
    """``(last_iter + 1) * batch`` samples of each process are skipped."""
    for rank in range(2):
        args = (monkeypatch, rank, 2, range(50), 5, 4)
        whole = list(as_rank(*args))
        assert list(as_rank(*args, start=3 * 4 * 2)) == whole[12:]
        moved = as_rank(*args)
        moved.set_position(0, 3 * 4 * 2)
        assert list(moved) == whole[12:]
        moved.set_position(0, 5 * 4 * 2)
        assert list(moved) == []


def test_given_iterations__seed_of_a_config_beats_the_runners():
    sampler = DATA_SAMPLERS.build(
        dict(type='GivenIterationSampler', total_iter=2, batch_size=2, seed=0),
        default_args=dict(dataset=range(9), seed=1234),
    )
    sampler.set_epoch(3)
    assert list(sampler) == naive_list(9, 4, 1)


def test_given_iterations__refuses():
    with pytest.raises(ValueError, match='empty dataset'):
        GivenIterationSampler([], 1, 1)
    for bad in ((0, 1), (1, 0), (1, 1, 0, -1)):
        with pytest.raises(ValueError, match=r'must be >= 1 and start >= 0'):
            GivenIterationSampler([1], *bad)
