import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmssl.probes.cell_labels import cell_counts, cell_shares


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 9), st.integers(1, 9), st.integers(1, 5), st.integers(1, 5),
    st.integers(0, 99),
)  # fmt: skip
def test_counts__against_a_loop(height, width, h, w, seed):
    generator = torch.Generator().manual_seed(seed)
    mask = torch.randint(-1, 3, (height, width), generator=generator)
    mask[mask < 0] = -100
    expected = torch.zeros(h * w, 3)
    for i in range(height):
        for j in range(width):
            if mask[i, j] >= 0:
                expected[
                    (i * h // height) * w + j * w // width, mask[i, j]
                ] += 1
    assert torch.equal(cell_counts(mask.short(), (h, w), 3), expected)


def test_shares__of_the_labelled_pixels():
    mask = torch.tensor([[0, 1, -100, -100], [1, 1, 2, -100]])
    shares, known = cell_shares(mask, (1, 2), 3)
    assert shares.tolist() == [[0.25, 0.75, 0], [0, 0, 1]]
    assert known.tolist() == [1.0, 0.25]
    shares, known = cell_shares(torch.full((2, 2), -100), (1, 1), 3)
    assert shares.tolist() == [[0, 0, 0]]
    assert known.tolist() == [0.0]


def test_shares__finer_cells_than_pixels():
    shares, known = cell_shares(torch.tensor([[1]]), (2, 2), 2)
    assert known.tolist() == pytest.approx([1, 0, 0, 0])
    assert shares.sum().item() == 1
