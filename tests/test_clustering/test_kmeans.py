"""Batched k-means against one in plain loops, and its empty clusters."""

from __future__ import annotations

import itertools
from contextlib import nullcontext

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmssl.clustering.kmeans import (
    centred_gram,
    lloyd,
    masked_kmeans,
    seeds,
    without_empty,
)


def naive_kmeans(points, num_clusters, uniforms, max_iters):
    """One start, on coordinates; returns (clusters, sum of squares)."""
    nearest, chosen = np.ones(len(points)), []
    for uniform in uniforms:
        weights = nearest if nearest.sum() > 0 else np.ones(len(points))
        sums = np.cumsum(weights)
        chosen.append(int(np.searchsorted(sums, uniform * sums[-1], 'right')))
        away = ((points - points[chosen[-1]]) ** 2).sum(1)
        nearest = away if len(chosen) == 1 else np.minimum(nearest, away)
    centres = points[chosen]
    for _ in range(max_iters):
        away = ((points[:, None] - centres) ** 2).sum(-1)
        labels = away.argmin(1)
        centres = np.stack(
            [
                points[labels == k].mean(0) if (labels == k).any() else c
                for k, c in enumerate(centres)
            ]
        )
    return labels, ((points - centres[labels]) ** 2).sum()


def naive_best(points, num_clusters, uniforms, max_iters):
    runs = [naive_kmeans(points, num_clusters, u, max_iters) for u in uniforms]
    return min(runs, key=lambda run: run[1])


def blobs(rng, count, channels, num_clusters, spread=0.6):
    centres = rng.normal(size=(num_clusters, channels))
    kinds = rng.integers(0, num_clusters, count)
    return centres[kinds] + spread * rng.normal(size=(count, channels))


def same_partition(one, two):
    """Whether clusters are the same but for their numbers."""
    pairs = set(zip(one.tolist(), two.tolist()))
    return len(pairs) == len(set(one.tolist())) == len(set(two.tolist()))


@pytest.mark.parametrize('max_iters', [1, 2, 5, 20])
@pytest.mark.parametrize('num_clusters', [1, 2, 3, 8])
def test_kmeans__in_loops_over_sets_and_starts(num_clusters, max_iters):
    rng = np.random.default_rng(num_clusters)
    tokens = np.stack([blobs(rng, 24, 6, num_clusters) for _ in range(5)])
    mask = rng.random((5, 24)) < 0.7
    found = masked_kmeans(
        torch.from_numpy(tokens),
        torch.from_numpy(mask),
        num_clusters,
        max_iters=max_iters,
        num_init=3,
        generator=torch.Generator().manual_seed(7),
    ).numpy()
    uniforms = torch.rand(
        (5, 3, num_clusters), generator=torch.Generator().manual_seed(7)
    ).double()
    for tokens_n, mask_n, found_n, uniforms_n in zip(
        tokens, mask, found, uniforms.numpy()
    ):
        labels, _ = naive_best(
            tokens_n[mask_n], num_clusters, uniforms_n, max_iters
        )
        # starts may end in the same partition, numbered differently
        assert same_partition(found_n[mask_n], labels)
        assert (found_n[~mask_n] == -1).all()


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(0, 7))
def test_kmeans__tokens_are_in_the_cluster_of_the_nearest_mean(
    seed, num_clusters, spare
):
    rng = np.random.default_rng(seed)
    count = num_clusters + spare
    points = rng.normal(size=(2, count, 3))
    labels = masked_kmeans(
        torch.from_numpy(points), torch.ones(2, count).bool(), num_clusters
    ).numpy()
    for points_n, labels_n in zip(points, labels):
        assert set(labels_n.tolist()) == set(range(num_clusters))
        means = [points_n[labels_n == k].mean(0) for k in range(num_clusters)]
        away = ((points_n[:, None] - np.stack(means)) ** 2).sum(-1)
        own = np.take_along_axis(away, labels_n[:, None], 1)[:, 0]
        np.testing.assert_allclose(own, away.min(1), atol=1e-9)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.integers(-8, 8))
def test_kmeans__clear_clusters_whatever_place_scale_and_order(seed, power):
    rng = np.random.default_rng(seed)
    kinds = rng.permutation(np.repeat([0, 1, 2], [5, 4, 7]))
    centres = 10 * np.eye(3, 12)
    points = centres[kinds] + 0.1 * rng.normal(size=(16, 12))
    tokens = torch.from_numpy((points + 100) * 2.0**power).float()
    order = torch.from_numpy(rng.permutation(16))
    batch = torch.stack((tokens, tokens[order]))
    one, two = masked_kmeans(batch, torch.ones(2, 16).bool(), 3, num_init=8)
    assert same_partition(one, torch.from_numpy(kinds))
    assert same_partition(one[order], two)


def test_kmeans__far_from_the_origin():
    """Squares of 1e8 would hide differences of 1."""
    torch.manual_seed(3)
    kinds = torch.arange(12) % 3
    tokens = 1e4 + torch.eye(3, 64)[kinds] * 5 + 0.1 * torch.randn(12, 64)
    mask = torch.ones(1, 12).bool()
    assert same_partition(masked_kmeans(tokens[None], mask, 3)[0], kinds)


def test_kmeans__each_set_for_itself():
    """What is not chosen, and a NaN in another set, change nothing."""
    torch.manual_seed(0)
    tokens = torch.randn(3, 10, 4)
    mask = torch.rand(3, 10) < 0.8

    def run(tokens):
        generator = torch.Generator().manual_seed(1)
        return masked_kmeans(tokens, mask, 2, generator=generator)

    expected = run(tokens)
    other = torch.where(mask[..., None], tokens, 1e6)
    assert torch.equal(run(other), expected)
    other[1] = float('nan')
    assert torch.equal(run(other)[::2], expected[::2])
    assert torch.equal(run(tokens.mT.contiguous().mT), expected)


def test_kmeans__equal_tokens_and_fewer_than_clusters():
    equal = torch.ones(1, 5, 3)
    labels = masked_kmeans(equal, torch.ones(1, 5).bool(), 3)[0]
    assert sorted(labels.bincount(minlength=3).tolist()) == [1, 1, 3]
    mask = torch.tensor([[True, True, False, False, False], [False] * 5])
    labels = masked_kmeans(torch.rand(2, 5, 3), mask, 3)
    assert set(labels[0, :2].tolist()) < {0, 1, 2}
    assert labels[0, 0] != labels[0, 1]
    assert (labels[~mask] == -1).all()
    assert masked_kmeans(torch.rand(0, 5, 3), mask[:0], 3).shape == (0, 5)


def test_kmeans__many_starts_find_the_best_partition_of_all():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(40, 7, 2))
    kinds = np.array(list(itertools.product(range(3), repeat=7)))
    kinds = kinds[[len(set(row)) == 3 for row in kinds.tolist()]]
    members = (kinds[:, None] == np.arange(3)[:, None]).astype(float)
    means = members / members.sum(-1, keepdims=True)

    def squares(points, members, means):
        away = ((points - (means @ points)[..., None, :]) ** 2).sum(-1)
        return (away * members).sum((-1, -2))

    def run(num_init):
        labels = masked_kmeans(
            torch.from_numpy(points),
            torch.ones(40, 7).bool(),
            3,
            num_init=num_init,
            generator=torch.Generator().manual_seed(1),
        ).numpy()
        found = labels[:, None] == np.arange(3)[:, None]
        count = found.sum(-1, keepdims=True)
        return np.array(
            [squares(p, f, f / c) for p, f, c in zip(points, found, count)]
        )

    best = np.array([squares(p, members, means).min() for p in points])
    assert run(32) == pytest.approx(best)
    assert (run(1) > best * 1.01).sum() > 5


def test_seeds__drawn_in_proportion_to_squared_distance():
    points = torch.tensor([[0.0], [1], [3]]).double()[None]
    mask = torch.ones(1, 3).bool()
    count = 20_000
    uniforms = torch.rand(1, count, 2, dtype=torch.float64)
    uniforms[..., 0] = 0.1  # the first token
    chosen = seeds(centred_gram(points, mask), mask, uniforms)
    assert (chosen.sum(-1) == 1).all()
    share = chosen[0, :, 1].mean(0)
    assert share.tolist() == pytest.approx([0, 0.1, 0.9], abs=0.01)


def test_seeds__the_ends_of_the_range_hit_tokens_that_are_chosen():
    torch.manual_seed(0)
    mask = torch.tensor([[False, True, True, True, False]])
    gram = centred_gram(torch.randn(1, 5, 8), mask)
    high = 1 - 2**-24
    uniforms = torch.tensor([[[0.0] * 3, [high] * 3, [0.0, high, high]]])
    chosen = seeds(gram, mask, uniforms)[0]
    for start in chosen:
        assert start.sum(0).tolist() == [0, 1, 1, 1, 0]


def test_gram__of_centred_tokens():
    rng = np.random.default_rng(0)
    tokens, mask = rng.normal(size=(2, 6, 4)), rng.random((2, 6)) < 0.6
    gram = centred_gram(torch.from_numpy(tokens), torch.from_numpy(mask))
    for n in range(2):
        mean = tokens[n][mask[n]].mean(0)
        centred = np.where(mask[n][:, None], tokens[n] - mean, 0)
        np.testing.assert_allclose(gram[n], centred @ centred.T, atol=1e-12)


def test_empty__given_the_farthest_tokens():
    """Clusters {0, 1, 2, 30}, {}, {100}, {}: 30 goes first, then 0."""
    points = torch.tensor([0.0, 1, 2, 30, 100, 5]).double()[None, :, None]
    mask = torch.tensor([[True] * 5 + [False]])
    members = torch.zeros(1, 1, 4, 6).bool()
    members[0, 0, 0, :4] = True
    members[0, 0, 2, 4] = True
    fixed = without_empty(centred_gram(points, mask), mask, members)[0, 0]
    assert fixed.int().tolist() == [
        [0, 1, 1, 0, 0, 0],
        [0, 0, 0, 1, 0, 0],
        [0, 0, 0, 0, 1, 0],
        [1, 0, 0, 0, 0, 0],
    ]
    few = torch.tensor([[True, True, True, False, False, False]])
    members &= few
    gram = centred_gram(points, few)
    assert torch.equal(without_empty(gram, few, members), members)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.integers(2, 6), st.integers(0, 3))
def test_empty__none_is_left_and_none_is_made(seed, num_clusters, spare):
    rng = np.random.default_rng(seed)
    count = num_clusters + spare
    points = torch.from_numpy(rng.integers(0, 3, (1, count, 1))).double()
    mask = torch.ones(1, count).bool()
    labels = rng.integers(0, num_clusters, (2, count))
    clusters = np.arange(num_clusters)
    members = torch.from_numpy(labels[:, None] == clusters[:, None])[None]
    fixed = without_empty(centred_gram(points, mask), mask, members)
    assert (fixed.sum(2) == 1).all()
    assert fixed.any(-1).all()
    whole = members.any(-1).all(-1)
    assert torch.equal(fixed[whole], members[whole])


def test_lloyd__a_cluster_without_tokens_keeps_its_centre():
    points = torch.tensor([[0.0], [1], [9]]).double()[None]
    mask = torch.ones(1, 3).bool()
    gram = centred_gram(points, mask)
    # the second centre, -10, is nobody's nearest: c = 2 * 0 - 10 as weights
    centres = torch.tensor([[0.5, 0.5, 0], [2.25, 0, -1.25]]).double()
    centres = centres[None, None]
    none = torch.zeros_like(centres, dtype=torch.bool)
    members, after = lloyd(gram, mask, none, centres, 1)
    assert members[0, 0].int().tolist() == [[1, 1, 1], [0, 0, 0]]
    assert torch.equal(after[0, 0, 1], centres[0, 0, 1])


def test_patience__changes_nothing():
    """What a GPU does, all iterations without asking, on a CPU."""
    rng = np.random.default_rng(5)
    tokens = torch.from_numpy(rng.normal(size=(6, 20, 4)))
    mask = torch.from_numpy(rng.random((6, 20)) < 0.8)
    gram = centred_gram(tokens, mask)
    start = seeds(gram, mask, torch.rand(6, 3, 4).double())
    none = torch.zeros_like(start, dtype=torch.bool)
    ends = [lloyd(gram, mask, none, start, 40, p)[0] for p in (True, False)]
    assert torch.equal(*ends)
    ends = [without_empty(gram, mask, ends[0], p) for p in (True, False)]
    assert torch.equal(*ends)


def test_device__no_value_is_fetched(monkeypatch):
    """The meta device has no values: whoever asks for one fails."""
    # there is no autocast for it
    monkeypatch.setattr(torch, 'autocast', lambda *_, **__: nullcontext())
    tokens = torch.empty(2, 8, 4, device='meta')
    mask = torch.empty(2, 8, dtype=torch.bool, device='meta')
    assert masked_kmeans(tokens, mask, 3).shape == (2, 8)


def test_autocast__changes_nothing():
    torch.manual_seed(0)
    tokens, mask = torch.randn(4, 16, 32), torch.ones(4, 16).bool()

    def run():
        generator = torch.Generator().manual_seed(1)
        return masked_kmeans(tokens, mask, 3, generator=generator)

    expected = run()
    with torch.autocast('cpu', torch.bfloat16):
        assert torch.equal(run(), expected)


def test_mistakes__are_named():
    tokens, mask = torch.rand(1, 4, 2), torch.ones(1, 4).bool()
    with pytest.raises(ValueError, match=r'num_clusters .* got 0'):
        masked_kmeans(tokens, mask, 0)
    with pytest.raises(ValueError, match=r'max_iters .* got 0'):
        masked_kmeans(tokens, mask, 2, max_iters=0)
    with pytest.raises(ValueError, match=r'num_init .* got -1'):
        masked_kmeans(tokens, mask, 2, num_init=-1)
    with pytest.raises(ValueError, match=r'\(1, 4, 2\) and \(1, 3\)'):
        masked_kmeans(tokens, mask[:, :3], 2)
