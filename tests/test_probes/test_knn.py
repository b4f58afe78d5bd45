import math

import pytest
import torch

from mmssl.probes.knn import knn_classify, nearest, vote


def naive_ranking(query, bank, labels, classes, k, temperature, own=None):
    """The paper's classifier in plain Python: classes, best first."""

    def cosine(a, b):
        dot = sum(x * y for x, y in zip(a, b))
        return dot / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))

    scored = [
        (-cosine(query, row), i) for i, row in enumerate(bank) if i != own
    ]
    votes = [0.0] * classes
    for negative, i in sorted(scored)[:k]:
        votes[labels[i]] += math.exp(-negative / temperature)
    return sorted(range(classes), key=lambda c: (-votes[c], c))


def problem(queries=17, rows=60, channels=5, classes=4):
    labels = torch.randint(classes, (rows,))
    bank = torch.randn(rows, channels) + labels[:, None]
    return torch.randn(queries, channels) + 1, bank, labels


@pytest.mark.parametrize('temperature', [0.07, 1.0])
@pytest.mark.parametrize('chunks', [(1024, 65536), (4, 7), (17, 60), (1, 1)])
def test_knn_classify__against_a_naive_loop(chunks, temperature):
    queries, bank, labels = problem()
    found = knn_classify(
        queries,
        bank,
        labels,
        4,
        k=(1, 20, 200),
        temperature=temperature,
        ranks=4,
        query_chunk=chunks[0],
        bank_chunk=chunks[1],
    )
    assert list(found) == [1, 20, 200]
    for k, ranked in found.items():
        expected = [
            naive_ranking(
                query, bank.tolist(), labels.tolist(), 4, k, temperature
            )
            for query in queries.tolist()
        ]
        # with k = 1 only the first place is decided by a vote
        assert ranked.tolist() == expected


def test_knn_classify__leaves_the_query_itself_out():
    _, bank, labels = problem()
    found = knn_classify(
        bank, bank, labels, 4, k=5, own=torch.arange(60), bank_chunk=11
    )
    expected = [
        naive_ranking(row, bank.tolist(), labels.tolist(), 4, 5, 0.07, own=i)
        for i, row in enumerate(bank.tolist())
    ]
    assert found[5][:, 0].tolist() == [ranked[0] for ranked in expected]
    itself = knn_classify(bank, bank, labels, 4, k=1)
    assert torch.equal(itself[1][:, 0], labels)


@pytest.mark.parametrize('bank_chunk', [1, 2, 3, 100])
def test_nearest__equal_rows_in_the_order_of_the_bank(bank_chunk):
    # powers of two: cosines are exact
    bank = torch.tensor([[0.0, 1], [2, 0], [0, 4], [1, 0], [8, 0], [0, 2]])
    queries = torch.tensor([[4.0, 0.0], [0.0, 1.0]])
    cosines, rows = nearest(queries, bank, 4, bank_chunk=bank_chunk)
    assert rows.tolist() == [[1, 3, 4, 0], [0, 2, 5, 1]]
    assert cosines.tolist() == [[1, 1, 1, 0], [1, 1, 1, 0]]
    _, rows = nearest(queries, bank, 2, bank_chunk=bank_chunk)
    assert rows.tolist() == [[1, 3], [0, 2]]


def test_vote__by_hand():
    cosines = torch.tensor([[0.9, 0.8, 0.8]])
    votes = vote(cosines, torch.tensor([[0, 1, 1]]), 3, temperature=0.1)
    # e^9 against 2 e^8, up to the factor e^-9
    assert votes[0].tolist() == pytest.approx([1, 2 * math.exp(-1), 0])


def test_vote__a_small_temperature_does_not_overflow():
    votes = vote(torch.tensor([[1.0, 0.5]]), torch.tensor([[1, 0]]), 2, 1e-4)
    assert votes.tolist() == [[0, 1]]


def test_knn_classify__equal_votes_go_to_the_lower_class():
    bank = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    labels = torch.tensor([2, 1, 0])
    found = knn_classify(
        torch.tensor([[1.0, 0.0]]), bank, labels, 4, k=2, ranks=3
    )
    assert found[2].tolist() == [[1, 2, 0]]


def test_knn_classify__half_precision_and_no_queries():
    queries, bank, labels = problem()
    expected = knn_classify(queries, bank, labels, 4, k=20)
    half = knn_classify(queries.half(), bank.half(), labels, 4, k=20)
    assert (half[20] == expected[20]).float().mean() > 0.9
    none = knn_classify(queries[:0], bank, labels, 4, k=3, ranks=2)
    assert none[3].shape == (0, 2)


@pytest.mark.parametrize(
    ('change', 'text'),
    [
        (dict(k=0), 'k must be >= 1, got 0'),
        (dict(k=()), 'k must be >= 1'),
        (dict(temperature=0), r'temperature must be > 0 .* got 0 and 4'),
        (dict(labels=torch.zeros(3).long()), '60 rows, labels have shape'),
        (dict(labels=torch.full((60,), 4)), r'0 .. 3 .* got 4: set num'),
        (dict(labels=torch.full((60,), -100)), 'without a label'),
        (dict(queries=torch.zeros(2, 6)), '6 channels, the bank 5'),
        (dict(queries=torch.zeros(5)), r'must be \(rows, C\)'),
        (dict(ranks=0), r'ranks, query_chunk .* got 0'),
        (dict(own=torch.arange(3)), r'own must have shape \(17,\)'),
    ],
)
def test_knn_classify__what_does_not_fit(change, text):
    queries, bank, labels = problem()
    options = dict(queries=queries, bank=bank, labels=labels)
    with pytest.raises(ValueError, match=text):
        knn_classify(**{**options, **change}, num_classes=4)


def test_nearest__more_than_there_are():
    with pytest.raises(ValueError, match=r'k must be in 1 .. 2, .* got 3'):
        nearest(torch.eye(2), torch.eye(2), 3)
