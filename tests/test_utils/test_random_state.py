"""Numbers drawn afterwards are the oracle."""

from __future__ import annotations

import io
import random
import subprocess
import sys

import cv2
import numpy as np
import pytest
import torch

from mmssl.utils.random_state import (
    kept_cpu_generators,
    random_state,
    seed_cpu_generators,
    set_random_state,
)


def draws() -> list[float]:
    """Two of each: numpy's and Python's normals keep every second one."""
    return [
        *(random.random(), random.gauss(0, 1), random.getrandbits(40)),
        *(np.random.rand(), np.random.randn(), np.random.randint(1 << 30)),
        *torch.randn(3).tolist(),
        torch.randperm(1000)[0].item(),
    ]


def opencv_draw() -> int:
    image = np.zeros((4, 4), np.uint8)
    cv2.randu(image, 0, 255)
    return image.tolist()


def test_state__restored_from_a_file_of_plain_data():
    draws()  # in the middle of the pairs of normals
    file = io.BytesIO()
    torch.save(random_state(), file)
    first = draws()
    file.seek(0)
    set_random_state(torch.load(file, weights_only=True))
    assert draws() == first
    assert draws() != first


@pytest.mark.parametrize('missing', ['python', 'numpy', 'torch'])
def test_state__what_is_missing_stays(missing):
    state = random_state()
    first = draws()
    del state[missing]
    set_random_state(state)
    second = draws()
    place = {'python': 0, 'numpy': 3, 'torch': 6}[missing]
    size = 4 if missing == 'torch' else 3
    assert second[place : place + size] != first[place : place + size]
    del first[place : place + size], second[place : place + size]
    assert first == second


def test_seed__equal_numbers_equal_states_in_any_process():
    code = (
        'import random, numpy, torch\n'
        'from mmssl.utils.random_state import seed_cpu_generators\n'
        'seed_cpu_generators([5, 70000000000])\n'
        'print(repr([random.random(), numpy.random.rand(),'
        ' torch.rand(1).item()]))'
    )
    shown = subprocess.run(
        [sys.executable, '-c', code],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    draws()
    seed_cpu_generators([5, 70000000000])
    here = [random.random(), np.random.rand(), torch.rand(1).item()]
    assert shown.strip() == repr(here)


def test_seed__other_numbers_other_states():
    seen = []
    for numbers in ([0, 0], [0, 1], [1, 0], [0, 1 << 32]):
        seed_cpu_generators(numbers)
        values = draws()
        seen += [values[0], values[3], values[6]]
    assert len(set(seen)) == 12
    # nor are they those of default_rng with the same numbers
    assert np.random.default_rng([0, 1]).random() not in seen


def test_seed__opencv_too():
    seed_cpu_generators([1, 2])
    first, second = opencv_draw(), opencv_draw()
    assert first != second
    seed_cpu_generators([1, 2])
    assert opencv_draw() == first


def test_kept__also_after_an_error():
    state = random_state()
    expected = draws()
    set_random_state(state)

    def spoil():
        with kept_cpu_generators():
            seed_cpu_generators([1])
            draws()
            raise KeyError

    with pytest.raises(KeyError):
        spoil()
    assert draws() == expected
