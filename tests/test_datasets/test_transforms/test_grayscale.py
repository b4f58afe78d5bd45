"""Grey images."""

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional

from mmssl.datasets.transforms.grayscale import GrayscaleView, grayscale
from mmssl.testing.toy_images import photo_like


@pytest.mark.parametrize('kind', ['photo', 'random', 'primaries'])
def test_grayscale__is_torchvisions_within_a_level(kind):
    rng = np.random.default_rng(0)
    img = {
        'photo': photo_like((50, 70), rng),
        'random': rng.integers(0, 256, (99, 99, 3), np.uint8),
        'primaries': rng.choice(np.array([0, 255], np.uint8), (20, 20, 3)),
    }[kind]
    tensor = torch.from_numpy(img).permute(2, 0, 1).double() / 255
    want = functional.rgb_to_grayscale(tensor, num_output_channels=3)
    got = grayscale(img)
    assert np.abs(got - want.permute(1, 2, 0).numpy() * 255).max() < 0.6


def test_grayscale__transform_is_the_function():
    img = photo_like((30, 20), np.random.default_rng(0))
    results = dict(img=img, rng=np.random.default_rng(0))
    got = GrayscaleView(prob=1.0)(results)['img']
    np.testing.assert_array_equal(got, grayscale(img))
    assert (got[..., 0] == got[..., 2]).all()
