"""A stride is found, or held against the sizes."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmssl.models.regions.map_stride import map_stride, pyramid_strides


# With fewer cells of 14 px, those of 16 px fit as well, and are likelier.
@given(
    stride=st.sampled_from([4, 8, 14, 16, 32]),
    cells=st.tuples(st.integers(8, 60), st.integers(8, 60)),
)
def test_map_stride__exact_ratio_is_found(stride, cells):
    size = (cells[0] * stride, cells[1] * stride)
    assert map_stride(cells, size) == stride
    assert map_stride(cells, size, stride) == stride


@given(
    stride=st.sampled_from([4, 8, 16, 32]),
    size=st.tuples(st.integers(65, 900), st.integers(65, 900)),
    pad=st.booleans(),
)
def test_map_stride__padded_or_cut_cells_fit(stride, size, pad):
    """Both ways in which networks treat what does not fill a cell."""
    rule = math.ceil if pad else math.floor
    cells = tuple(rule(length / stride) for length in size)
    assert map_stride(cells, size, stride) == stride


def test_map_stride__wrong_one_names_the_right_one():
    with pytest.raises(
        ValueError,
        match=r'stride 16 does not fit: .* 224x224 px, and the map 7x7 '
        'cells; set stride=32',
    ):
        map_stride((7, 7), (224, 224), 16)


def test_map_stride__axes_must_agree():
    with pytest.raises(ValueError, match=r'7x14 map of .* cannot be told'):
        map_stride((7, 14), (224, 224))
    with pytest.raises(ValueError, match='set stride=None'):
        map_stride((7, 14), (224, 224), 32)


def test_map_stride__ambiguous_sizes_ask_for_it():
    # One cell of 16 px, or 5/8 of a cell of 32 px, or ...
    with pytest.raises(ValueError, match='set stride'):
        map_stride((1, 1), (20, 21))
    assert map_stride((1, 1), (20, 21), 16) == 16


def test_map_stride__a_power_of_two_before_an_exact_ratio():
    """A ResNet makes 2x2 cells of 32 px of 48 px, the last ones padded."""
    assert map_stride((2, 2), (48, 48)) == 32
    assert map_stride((1, 1), (32, 32)) == 32


@given(size=st.tuples(st.integers(33, 500), st.integers(33, 500)))
def test_pyramid__strides_of_a_resnet_at_any_size(size):
    maps = [tuple(math.ceil(n / s) for n in size) for s in (4, 8, 16, 32)]
    assert pyramid_strides(maps, size) == [4, 8, 16, 32]


def test_pyramid__strides_that_do_not_double():
    maps = [(56, 56), (28, 28), (28, 28)]
    assert pyramid_strides(maps, (224, 224)) == [4, 8, 8]
    with pytest.raises(ValueError, match='stride of the map is not known'):
        pyramid_strides(maps, None)


def test_map_stride__without_the_input():
    assert map_stride((7, 7), None, 32) == 32
    with pytest.raises(ValueError, match='stride of the map is not known'):
        map_stride((7, 7), None)


@pytest.mark.parametrize('stride', [0, -32, 7.5])
def test_map_stride__no_whole_number(stride):
    with pytest.raises(ValueError, match=f'at least 1 px, got {stride}'):
        map_stride((7, 7), (224, 224), stride)
