import numpy as np
import pytest

from mmssl.evaluation.class_accuracy import class_accuracy


def naive(predicted, true):
    """Count by loops."""
    right = sum(p == t for p, t in zip(predicted, true))
    shares = []
    for kind in set(true):
        own = [p for p, t in zip(predicted, true) if t == kind]
        shares.append(sum(p == kind for p in own) / len(own))
    often = max(list(true).count(kind) for kind in set(true))
    return (
        100 * right / len(true),
        100 * sum(shares) / len(shares),
        100 * often / len(true),
        100 / len(shares),
        len(true),
        len(shares),
    )


@pytest.mark.parametrize('seed', range(5))
def test_against_naive_loops(seed):
    rng = np.random.default_rng(seed)
    true = rng.integers(0, 9, 50).tolist()
    predicted = rng.integers(0, 12, 50).tolist()
    found = class_accuracy(np.array(predicted), np.array(true))
    assert tuple(found) == pytest.approx(naive(predicted, true))


@pytest.mark.parametrize(
    ('predicted', 'true'), [([], []), ([1], [1, 2]), ([[1]], [[1]])]
)
def test_errors(predicted, true):
    with pytest.raises(ValueError, match='two lists of equal length'):
        class_accuracy(np.array(predicted), np.array(true))
