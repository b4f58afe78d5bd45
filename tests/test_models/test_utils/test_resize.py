import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmssl.models.utils.resize import match_motion_map, resize_bilinear


def test_resize_bilinear__loop():
    x = torch.randn(1, 2, 3, 4, dtype=torch.float64)
    large = resize_bilinear(x, (5, 9))
    for i, j in np.ndindex(5, 9):
        y, z = i * 2 / 4, j * 3 / 8
        a, b = min(int(y), 1), min(int(z), 2)
        s, t = y - a, z - b
        expected = (1 - s) * (1 - t) * x[0, :, a, b]
        expected += (1 - s) * t * x[0, :, a, b + 1]
        expected += s * (1 - t) * x[0, :, a + 1, b]
        expected += s * t * x[0, :, a + 1, b + 1]
        torch.testing.assert_close(large[0, :, i, j], expected)


def test_resize_bilinear__same_size_is_the_same_tensor():
    x = torch.randn(1, 1, 3, 4)
    assert resize_bilinear(x, torch.Size((3, 4))) is x


@settings(max_examples=50, deadline=None)
@given(st.sampled_from([4, 8, 16, 32]), st.data())
def test_match_motion_map__any_rounding_of_the_stride_fits(stride, data):
    image = [data.draw(st.integers(stride, 600)) for _ in range(2)]
    sizes = [
        [
            data.draw(st.sampled_from([n // stride, -(-n // stride)]))
            for n in image
        ]
        for _ in range(2)
    ]
    motion, feature = (torch.zeros(1, 1, *size) for size in sizes)
    out = match_motion_map(motion, feature, image, stride)
    assert out.shape == feature.shape


def test_match_motion_map__one_cell_is_resized():
    motion = torch.tensor([[[[0.0, 3.0]]]])
    out = match_motion_map(motion, torch.zeros(1, 5, 1, 3), (8, 17), 8)
    torch.testing.assert_close(out, torch.tensor([[[[0.0, 1.5, 3.0]]]]))


@pytest.mark.parametrize(
    ('motion', 'feature', 'image', 'stride'),
    [
        ((4, 6), (8, 12), (64, 96), 16),
        ((8, 12), (4, 6), (64, 96), 8),
        # One cell apart, yet no rounding of 16 / 16.
        ((1, 1), (2, 2), (16, 16), 16),
    ],
)
def test_match_motion_map__other_strides(motion, feature, image, stride):
    message = '{}x{} .*stride {}.*{}x{}, for an image of {}x{}'.format(
        *motion, stride, *feature, *image
    )
    with pytest.raises(ValueError, match=message):
        match_motion_map(
            torch.zeros(1, 1, *motion),
            torch.zeros(1, 1, *feature),
            image,
            stride,
        )
