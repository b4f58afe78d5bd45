import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmssl.evaluation.ranked_matches import ranked_matches


def naive(similarity, query, gallery):
    """Straight from the protocol: lists and loops, one query at a time."""
    found = []
    for scores, (person, camera) in zip(similarity, query):
        kept = [
            (-score, place, other)
            for place, (score, (other, seen_by)) in enumerate(
                zip(scores, gallery)
            )
            if other >= 0 and not (other == person and seen_by == camera)
        ]
        ranks = [
            rank
            for rank, (_, _, other) in enumerate(sorted(kept), 1)
            if other == person and person > 0
        ]
        precision = [k / rank for k, rank in enumerate(ranks, 1)]
        found.append(
            (
                sum(precision) / len(ranks) if ranks else 0.0,
                ranks[0] if ranks else 0,
                len(ranks),
                len(kept),
            )
        )
    return found


def columns(pairs):
    return [torch.tensor([p[i] for p in pairs]) for i in (0, 1)]


def compared(similarity, query, gallery):
    found = ranked_matches(
        torch.tensor(similarity), *columns(query), *columns(gallery)
    )
    return list(zip(*(part.tolist() for part in found)))


def test_matches__by_hand():
    gallery = [(1, 1), (1, 2), (2, 1), (-1, 2), (0, 3), (1, 3)]
    # Of person 1 by camera 1: place 0 is his own camera, place 3 junk. Left,
    # by similarity: distractor, match, other, match.
    scores = [[1.0, 0.7, 0.6, 0.9, 0.8, 0.5]]
    (row,) = compared(scores, [(1, 1)], gallery)
    assert row == (pytest.approx((1 / 2 + 2 / 4) / 2), 2, 2, 4)


def test_matches__equal_similarities_keep_the_order_of_the_gallery():
    gallery = [(2, 2), (1, 2), (1, 3)]
    (row,) = compared([[0.5, 0.5, 0.5]], [(1, 1)], gallery)
    assert row == (pytest.approx((1 / 2 + 2 / 3) / 2), 2, 2, 3)
    (row,) = compared([[0.5, 0.5, 0.5]], [(2, 1)], gallery)
    assert row == (1.0, 1, 1, 3)


def test_matches__none_for_junk_distractors_and_own_camera():
    gallery = [(0, 2), (-1, 2), (3, 1)]
    rows = compared([[0.1, 0.2, 0.3]] * 3, [(0, 1), (-1, 1), (3, 1)], gallery)
    assert [row[:3] for row in rows] == [(0.0, 0, 0)] * 3
    assert [row[3] for row in rows] == [2, 2, 1]


pair = st.tuples(st.integers(-1, 3), st.integers(1, 3))


@settings(max_examples=60, deadline=None)
@given(st.data(), st.lists(pair, max_size=5), st.lists(pair, min_size=1))
def test_matches__equal_to_loops(data, query, gallery):
    row = st.lists(
        st.sampled_from([-0.5, 0.0, 0.25, 1.0]),
        min_size=len(gallery),
        max_size=len(gallery),
    )
    scores = [data.draw(row) for _ in query]
    if not query:
        found = ranked_matches(
            torch.zeros(0, len(gallery)),
            *(torch.zeros(0, dtype=torch.int64),) * 2,
            *columns(gallery),
        )
        assert [len(part) for part in found] == [0] * 4
        return
    expected = naive(scores, query, gallery)
    for row, wanted in zip(compared(scores, query, gallery), expected):
        assert row == pytest.approx(wanted)


def test_matches__mistakes():
    one = torch.ones(1, dtype=torch.int64)
    with pytest.raises(ValueError, match=r'got \(1, 2\)'):
        ranked_matches(torch.zeros(1, 2), one, one, one, one)
    with pytest.raises(ValueError, match='G >= 1'):
        ranked_matches(torch.zeros(1, 0), one, one, one[:0], one[:0])
    with pytest.raises(ValueError, match='hold nan'):
        ranked_matches(torch.tensor([[torch.nan]]), one, one, one, one)
