"""Numbered draws: the stream, its split over processes, its resume."""

import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import BatchSampler, ConcatDataset

from mmssl.datasets.samplers import draws
from mmssl.datasets.samplers.draws import Draw, DrawSampler
from mmssl.registry import DATA_SAMPLERS


def take(sampler, count):
    return [
        (int(draw), draw.number) for draw in itertools.islice(sampler, count)
    ]


def as_rank(monkeypatch, rank, world, *args, **kwargs):
    monkeypatch.setattr(draws, 'get_dist_info', lambda: (rank, world))
    return DrawSampler(*args, **kwargs)


def naive_stream(n, seed, epochs):
    """Draws as the definition reads."""
    stream = []
    for epoch in range(epochs):
        order = np.random.default_rng([seed, epoch]).permutation(n)
        stream += [(int(i), epoch * n + k) for k, i in enumerate(order)]
    return stream


def test_draw__is_its_index_and_keeps_its_number():
    draw = pickle.loads(pickle.dumps(Draw(5, number=70)))
    assert draw == 5
    assert hash(draw) == hash(5)
    assert list(range(9))[draw] == 5
    assert (draw.number, repr(draw)) == (70, 'Draw(5, number=70)')


def test_draw__number_survives_the_arithmetic_of_wrappers():
    class Numbers(list):
        def __getitem__(self, idx):
            return super().__getitem__(idx), idx.number

    both = ConcatDataset([Numbers('ab'), Numbers('cde')])
    assert both[Draw(3, number=40)] == ('d', 40)
    assert (Draw(7, 8) % 5, (Draw(7, 8) % 5).number) == (2, 8)


def test_draw_sampler__stream_of_permutations():
    sampler = DrawSampler(range(7), seed=3)
    assert take(sampler, 21) == naive_stream(7, 3, 3)
    assert take(sampler, 5) == naive_stream(7, 3, 1)[:5]  # again from start


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 30),
    st.integers(1, 5),
    st.integers(0, 70),
    st.integers(0, 3),
)
def test_draw_sampler__ranks_share_the_stream(n, world, start, seed):
    expected = naive_stream(n, seed, 200)[start : start + 10 * world]
    with pytest.MonkeyPatch.context() as patch:
        parts = [
            take(
                as_rank(patch, r, world, range(n), seed=seed, start=start), 10
            )
            for r in range(world)
        ]
    assert [draw for step in zip(*parts) for draw in step] == expected[
        : 10 * world
    ]


def test_draw_sampler__batches_do_not_depend_on_the_number_of_ranks(
    monkeypatch,
):
    def batches(rank, world, size):
        sampler = as_rank(monkeypatch, rank, world, range(10), seed=1)
        stream = iter(BatchSampler(sampler, size, drop_last=False))
        return [next(stream) for _ in range(5)]

    one = batches(0, 1, 8)
    two = [a + b for a, b in zip(batches(0, 2, 4), batches(1, 2, 4))]
    assert [sorted(d.number for d in b) for b in one] == [
        sorted(d.number for d in b) for b in two
    ]
    assert [sorted(b) for b in one] == [sorted(b) for b in two]


def test_draw_sampler__start_attribute_resumes():
    sampler = DrawSampler(range(5), seed=0)
    whole = take(sampler, 20)
    sampler.start = 8
    assert take(sampler, 12) == whole[8:]


@pytest.mark.parametrize('world', [1, 2, 3])
def test_draw_sampler__epochs_are_equally_long_and_complete(
    monkeypatch, world
):
    parts = []
    for rank in range(world):
        sampler = as_rank(
            monkeypatch, rank, world, range(7), seed=2, infinite=False
        )
        sampler.set_epoch(4)
        parts.append(take(sampler, 99))
        assert len(parts[-1]) == len(sampler) == -(-7 // world)
    assert set().union(*parts) == set(naive_stream(7, 2, 5)[28:])


def test_draw_sampler__start_counts_in_its_own_epoch_only():
    sampler = DrawSampler(range(6), seed=0, infinite=False, start=8)
    stream = naive_stream(6, 0, 3)
    assert take(sampler, 99) == stream[:6]
    sampler.set_epoch(1)
    assert take(sampler, 99) == stream[8:12]
    sampler.set_epoch(2)
    assert take(sampler, 99) == stream[12:]


@pytest.mark.parametrize('world', [1, 2, 4])
def test_draw_sampler__position_is_the_rest(monkeypatch, world):
    for rank in range(world):
        args = (monkeypatch, rank, world, range(10))
        sampler = as_rank(*args, seed=3)
        whole = take(sampler, 20)
        sampler.set_position(0, 3 * world)
        assert take(sampler, 17) == whole[3:]
        by_epoch = as_rank(*args, seed=3, infinite=False)
        by_epoch.set_epoch(2)
        whole = take(by_epoch, 99)
        # 99: a short last batch is counted as a full one
        for done in (0, 2 * world, len(by_epoch) * world, 99):
            by_epoch.set_position(2, done)
            assert take(by_epoch, 99) == whole[done // world :]
        by_epoch.set_position(3, 0)
        assert len(take(by_epoch, 99)) == len(by_epoch)


def test_draw_sampler__without_shuffle():
    sampler = DrawSampler(range(3), seed=9, shuffle=False)
    assert take(sampler, 4) == [(0, 0), (1, 1), (2, 2), (0, 3)]


def test_draw_sampler__registered_and_seeded_by_the_host():
    sampler = DATA_SAMPLERS.build(
        dict(type='DrawSampler'),
        default_args=dict(dataset=range(4), seed=None),
    )
    assert take(sampler, 4) == naive_stream(4, sampler.seed, 1)


def test_draw_sampler__refuses():
    with pytest.raises(ValueError, match='empty dataset'):
        DrawSampler([])
    with pytest.raises(ValueError, match='draw number >= 0, got -1'):
        DrawSampler([1], start=-1)
