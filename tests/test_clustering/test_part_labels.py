"""Part labels: the published ones, and every set that has none."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmssl.clustering import PartMaps, part_label_maps
from mmssl.clustering.part_labels import contrast, from_top

GOLDEN = Path(__file__).parents[1] / 'data' / 'golden' / 'solider.npz'


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def person(parts=(2, 3, 2), width=4, body=3, seed=0):
    """Tokens (h * w, 8) of one map: ``body`` columns of a body, in rows."""
    rng = torch.Generator().manual_seed(seed)
    rows = [part for part, count in enumerate(parts) for _ in range(count)]
    labels = torch.zeros(len(rows), width, dtype=torch.int64)
    labels[:, :body] = torch.tensor(rows)[:, None] + 1
    tokens = 0.1 * torch.randn(*labels.shape, 8, generator=rng)
    tokens += 5 * torch.eye(8)[labels] * (labels > 0)[..., None]
    return tokens.flatten(0, 1), labels


@pytest.mark.parametrize('seed', range(5))
def test_golden__label_maps_are_equal(seed):
    with np.load(GOLDEN) as golden:
        features = torch.from_numpy(golden['parts/features'])
        indices, labels = golden['parts/indices'], golden['parts/labels']
    tokens = features.flatten(2).transpose(1, 2)
    found = part_label_maps(tokens, (16, 8), 3, generator=seeded(seed))
    assert found.valid.nonzero()[:, 0].tolist() == indices.tolist()
    assert found.labels.dtype == torch.int64
    np.testing.assert_array_equal(found.labels[found.valid], labels)
    assert not found.labels[~found.valid].any()


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=6),
    st.integers(0, 1000),
    st.integers(-10, 10),
)
def test_labels__bands_of_a_body_from_top_to_bottom(parts, seed, power):
    tokens, labels = person(tuple(parts), seed=seed)
    found = part_label_maps(
        tokens[None] * 2.0**power,
        tuple(labels.shape),
        len(parts),
        num_init=32,
        generator=seeded(seed),
    )
    assert found.valid.tolist() == [True]
    assert torch.equal(found.labels[0], labels)


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
def test_labels__of_half_precision_with_gradients(dtype):
    tokens, labels = person()
    tokens = tokens.to(dtype).requires_grad_()
    found = part_label_maps(tokens[None], (7, 4), 3)
    assert torch.equal(found.labels[0], labels)


def test_foreground__more_than_the_share():
    """12 of 24 tokens are a half: not above it."""
    maps = [person((2, 2, 2), body=body)[0] for body in (1, 2, 3)]
    tokens = torch.stack(maps)

    def valid(share):
        found = part_label_maps(tokens, (6, 4), 3, min_foreground=share)
        return found.valid.tolist()

    assert valid(0.5) == [False, False, True]
    assert valid(0.49) == [False, True, True]
    assert valid(0.75) == [False, False, False]
    assert valid(0.0) == [True, True, True]


def test_foreground__every_token():
    """Rows of three kinds and one length: parts without a background."""
    labels = torch.tensor([1, 1, 2, 3])[:, None].expand(-1, 2)
    tokens = torch.eye(4)[labels].flatten(0, 1)[None]
    lengths = part_label_maps(tokens, (4, 2), 3)
    assert lengths.valid.tolist() == [False]
    assert not lengths.labels.any()
    found = part_label_maps(tokens, (4, 2), 3, foreground=False)
    assert found.valid.tolist() == [True]
    assert torch.equal(found.labels[0], labels)


@pytest.mark.parametrize('foreground', [True, False])
def test_sets_without_labels(foreground):
    """NaN, infinity, overflow; the fourth is as if alone."""
    good, labels = person()
    tokens = good.repeat(4, 1, 1)
    tokens[0, 3, 1] = float('nan')
    tokens[1, 3, 1] = float('-inf')
    tokens[2, 3, 1] = 1e30
    found = part_label_maps(tokens, (7, 4), 3, foreground=foreground)
    assert found.valid.tolist() == [False, False, False, True]
    assert not found.labels[:3].any()
    if foreground:
        assert torch.equal(found.labels[3], labels)


def test_tokens__all_equal_but_for_rounding():
    token = torch.randn(100)
    tokens = token.repeat(2, 6, 1)
    tokens[1] *= 1 + 1e-7 * torch.arange(6)[:, None]
    found = part_label_maps(tokens, (3, 2), 2)
    assert found.valid.tolist() == [False, False]
    assert not contrast(tokens.norm(dim=-1)).any()
    found = part_label_maps(tokens, (3, 2), 2, foreground=False)
    assert found.valid.all()
    assert set(found.labels[0].flatten().tolist()) == {1, 2}
    assert not part_label_maps(torch.zeros(1, 6, 2), (3, 2)).valid.any()


def test_tokens__fewer_of_the_foreground_than_parts():
    tokens = torch.ones(1, 4, 3)
    tokens[0, 1] *= 9
    found = part_label_maps(tokens, (4, 1), 2, min_foreground=0)
    assert found.valid.tolist() == [False]
    found = part_label_maps(tokens, (4, 1), 1, min_foreground=0)
    assert found.valid.tolist() == [True]
    assert found.labels.flatten().tolist() == [0, 1, 0, 0]


def test_tokens__as_many_of_the_foreground_as_parts():
    tokens = torch.tensor([[1.0], [50], [60], [70]])[None]
    found = part_label_maps(tokens, (4, 1), 3)
    assert found.labels.flatten().tolist() == [0, 1, 2, 3]


def test_batches__of_none_and_of_one():
    tokens, labels = person()
    none = part_label_maps(tokens[None][:0], (7, 4))
    assert isinstance(none, PartMaps)
    assert none.labels.shape == (0, 7, 4)
    assert none.valid.shape == (0,)
    one = part_label_maps(tokens[None], (7, 4))
    assert torch.equal(one.labels[0], labels)


def test_generator__gives_the_same_again():
    tokens = torch.randn(8, 32, 16)
    first, again = (
        part_label_maps(tokens, (8, 4), generator=seeded(3)) for _ in range(2)
    )
    assert torch.equal(first.labels, again.labels)
    torch.manual_seed(3)
    default = part_label_maps(tokens, (8, 4))
    assert torch.equal(first.labels, default.labels)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(1, 4))
def test_order__in_loops(seed, num_parts, width):
    rng = np.random.default_rng(seed)
    clusters = rng.integers(-1, num_parts, (3, 5 * width))
    clusters[:, :num_parts] = rng.permutation(num_parts)[: 5 * width]
    found = from_top(torch.from_numpy(clusters), width, num_parts).numpy()
    for clusters_n, found_n in zip(clusters, found):
        keys = []
        for part in range(num_parts):
            places = np.flatnonzero(clusters_n == part)
            if len(places):
                mean = (places // width).sum() / len(places)
                keys.append((mean, places[0], part))
        if len(keys) == num_parts:
            order = [part for *_, part in sorted(keys)]
            wanted = [0 if c < 0 else order.index(c) + 1 for c in clusters_n]
            assert found_n.tolist() == wanted


def test_device__no_value_is_fetched(monkeypatch):
    """The meta device has no values: whoever asks for one fails."""
    # there is no autocast for it
    monkeypatch.setattr(torch, 'autocast', lambda *_, **__: nullcontext())
    tokens = torch.empty(2, 32, 4, device='meta')
    for foreground in (True, False):
        found = part_label_maps(tokens, (8, 4), foreground=foreground)
        assert found.labels.shape == (2, 8, 4)
        assert found.valid.device.type == 'meta'


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='no GPU')
def test_gpu__the_same_labels_without_waiting():
    with np.load(GOLDEN) as golden:
        features = torch.from_numpy(golden['parts/features'])
    tokens = features.flatten(2).transpose(1, 2)
    wanted = part_label_maps(tokens, (16, 8), generator=seeded(1))
    tokens = tokens.cuda()
    part_label_maps(tokens, (16, 8))  # what is made once
    torch.cuda.set_sync_debug_mode('error')
    try:
        found = part_label_maps(tokens, (16, 8), generator=seeded(1))
    finally:
        torch.cuda.set_sync_debug_mode('default')
    assert torch.equal(found.labels.cpu(), wanted.labels)
    assert torch.equal(found.valid.cpu(), wanted.valid)


def test_mistakes__are_named():
    tokens = torch.rand(1, 8, 2)
    with pytest.raises(ValueError, match=r'num_parts .* 1 \.\. 8.* got 9'):
        part_label_maps(tokens, (4, 2), 9)
    with pytest.raises(ValueError, match=r'num_parts .* got 0'):
        part_label_maps(tokens, (4, 2), 0)
    with pytest.raises(ValueError, match=r'\(1, 8, 2\) for maps of 3x2'):
        part_label_maps(tokens, (3, 2))
    with pytest.raises(ValueError, match=r'min_foreground .* got 1'):
        part_label_maps(tokens, (4, 2), min_foreground=1.0)
