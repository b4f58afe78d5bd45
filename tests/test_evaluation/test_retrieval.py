import itertools

import pytest
import torch

from mmssl.evaluation.ranked_matches import MatchRows, ranked_matches
from mmssl.evaluation.retrieval import (
    Pictures,
    random_order,
    retrieval_scores,
    summary,
)


def pictures(count, seed, people=6, cameras=3):
    generator = torch.Generator().manual_seed(seed)

    def numbers(low, high):
        return torch.randint(low, high, (count,), generator=generator)

    return Pictures(
        torch.randn(count, 5, generator=generator),
        numbers(-1, people),
        numbers(0, cameras),
    )


def test_scores__equal_to_one_matrix_of_cosines():
    query, gallery = pictures(23, 0), pictures(57, 1)
    cosines = torch.cosine_similarity(
        query.rows[:, None], gallery.rows[None], dim=2
    )
    rows = ranked_matches(cosines, *query[1:], *gallery[1:])
    there = rows.matches > 0
    found = retrieval_scores(query, gallery, (1, 3))
    expected = 100 * float(rows.average_precision[there].mean())
    assert found.mean_ap == pytest.approx(expected)
    for k in (1, 3):
        share = float((rows.first[there] <= k).double().mean())
        assert found.ranks[k] == pytest.approx(100 * share)
    assert found.queries == int(there.sum()) < 23
    assert found.unmatched == 23 - found.queries


@pytest.mark.parametrize('cells', [1, 57, 200, 10**6])
def test_scores__whatever_the_pieces(cells):
    query, gallery = pictures(23, 0), pictures(57, 1)
    expected = retrieval_scores(query, gallery)
    found = retrieval_scores(query, gallery, max_cells=cells)
    assert found.ranks == expected.ranks
    plain = [part._replace(ranks=0) for part in (found, expected)]
    assert plain[0] == pytest.approx(plain[1])


def test_scores__of_perfect_and_inverted_features():
    person = torch.tensor([1, 2, 3])
    query = Pictures(torch.eye(3), person, torch.ones(3).long())
    gallery = query._replace(cameras=torch.full((3,), 2))
    assert retrieval_scores(query, gallery).mean_ap == 100
    worst = retrieval_scores(query, gallery._replace(rows=-torch.eye(3)))
    assert worst.mean_ap == pytest.approx(100 / 3)
    assert worst.ranks == {1: 0.0, 5: 100.0, 10: 100.0}


def test_scores__length_of_features_does_not_count():
    query, gallery = pictures(9, 2), pictures(30, 3)
    scale = torch.arange(1.0, 31)[:, None]
    other = gallery._replace(rows=gallery.rows * scale)
    assert retrieval_scores(query, gallery).mean_ap == pytest.approx(
        retrieval_scores(query, other).mean_ap
    )


def test_random_order__equal_to_all_orders():
    for ranked, matches in ((1, 1), (4, 1), (5, 2), (5, 5), (6, 3)):
        total = right = 0.0
        orders = list(itertools.permutations(range(ranked)))
        for order in orders:
            ranks = sorted(order.index(i) + 1 for i in range(matches))
            total += sum(k / r for k, r in enumerate(ranks, 1)) / matches
            right += ranks[0] == 1
        found = random_order(torch.tensor([matches]), torch.tensor([ranked]))
        assert float(found[0]) == pytest.approx(total / len(orders))
        assert float(found[1]) == pytest.approx(right / len(orders))


def test_summary__leaves_out_queries_without_a_match():
    rows = MatchRows(
        torch.tensor([0.5, 0.0, 1.0]).double(),
        torch.tensor([6, 0, 1]),
        torch.tensor([1, 0, 1]),
        torch.tensor([8, 8, 4]),
    )
    found = summary(rows, (1, 5, 6))
    assert found.mean_ap == 75
    assert found.ranks == {1: 50, 5: 50, 6: 100}
    assert (found.queries, found.unmatched) == (2, 1)
    assert found.chance_rank1 == pytest.approx(100 * (1 / 8 + 1 / 4) / 2)


def test_scores__mistakes():
    query, gallery = pictures(4, 0), pictures(5, 1)
    with pytest.raises(ValueError, match='none of 4 queries'):
        retrieval_scores(query._replace(identities=torch.zeros(4)), gallery)
    with pytest.raises(ValueError, match='ranks must be'):
        retrieval_scores(query, gallery, (0, 1))
    with pytest.raises(ValueError, match='queries must be rows'):
        retrieval_scores(query._replace(cameras=query.cameras[1:]), gallery)
    with pytest.raises(ValueError, match='gallery must be rows'):
        retrieval_scores(query, Pictures(*(part[:0] for part in gallery)))
    with pytest.raises(ValueError, match='5 channels, the gallery 4'):
        retrieval_scores(query, gallery._replace(rows=gallery.rows[:, :4]))
    with pytest.raises(ValueError, match='of the gallery hold nan'):
        retrieval_scores(query, gallery._replace(rows=gallery.rows / 0))
    with pytest.raises(ValueError, match='max_cells'):
        retrieval_scores(query, gallery, max_cells=0)
