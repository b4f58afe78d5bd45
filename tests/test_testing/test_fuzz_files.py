"""Seeds that can be read, and damage that is the same every time."""

import numpy as np
import pytest

from mmssl.testing import fuzz_files
from mmssl.testing.fuzz import judge
from mmssl.testing.fuzz_files import (
    SEEDS,
    choose_seed,
    mutate,
    write_seeds,
)


def test_seeds__all_are_read(tmp_path):
    write_seeds(tmp_path)
    for seed in SEEDS:
        outcome = judge(
            seed.kind, tmp_path / seed.name, tmp_path / 'flow_y.jpg'
        )
        assert outcome == 'read', seed.name


def test_choose__by_weight():
    rng = np.random.default_rng(0)
    drawn = [choose_seed(rng).name for _ in range(3000)]
    total = sum(seed.weight for seed in SEEDS)
    for seed in SEEDS:
        share = drawn.count(seed.name) / 3000
        assert abs(share - seed.weight / total) < 0.03


@pytest.mark.parametrize('damage', fuzz_files._MUTATIONS)
@pytest.mark.parametrize('size', [1, 2, 700, 5000])
def test_mutations__one_by_one(damage, size):
    data = np.random.default_rng(1).integers(256, size=size, dtype=np.uint8)
    results = {
        bytes(damage(bytearray(data.tobytes()), np.random.default_rng(n)))
        for n in range(40)
    }
    assert results - {data.tobytes()} or size == 1
    assert max(map(len, results)) <= 2 * size + 300


def test_mutate__is_a_function_of_the_generator():
    data = bytes(range(256)) * 20
    first = [mutate(data, np.random.default_rng(n)) for n in range(30)]
    again = [mutate(data, np.random.default_rng(n)) for n in range(30)]
    assert first == again
    assert len(set(first)) == 30
    assert mutate(b'', np.random.default_rng(0)) == b''
