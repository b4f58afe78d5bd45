"""Each item has random numbers of its own."""

import itertools

import numpy as np
import pytest

from mmssl.worlds.item_seeds import item_rng


def test_item_rng__depends_on_seed_and_all_names():
    names = [
        (seed, part, split, number)
        for seed, part, split, number in itertools.product(
            (0, 1), ('flow', 'lip'), ('train', 'val'), (0, 1, 2)
        )
    ]
    drawn = {key: item_rng(*key).integers(1 << 62) for key in names}
    assert len(set(drawn.values())) == len(names)
    again = {key: item_rng(*key).integers(1 << 62) for key in reversed(names)}
    assert again == drawn


def test_item_rng__is_a_known_stream():
    """Worlds of other machines have the same bytes."""
    expected = np.random.default_rng([0, 1388369520, 2]).integers(1 << 62)
    assert item_rng(0, 'flow', 2).integers(1 << 62) == expected


def test_item_rng__negative_numbers_are_refused():
    with pytest.raises(ValueError):
        item_rng(0, 'flow', -1)
