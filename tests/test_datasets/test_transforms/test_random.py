"""The generator of a sample."""

import numpy as np

from mmssl.datasets.transforms.random import get_rng


def test_get_rng__takes_that_of_the_draw():
    rng = np.random.default_rng(5)
    assert get_rng({'rng': rng}) is rng


def test_get_rng__falls_back_on_numpys_global_state():
    drawn = []
    for seed in (1, 1, 2):
        np.random.seed(seed)
        results = {}
        drawn.append(get_rng(results).random())
        assert get_rng(results) is results['rng']
    assert drawn[0] == drawn[1] != drawn[2]
