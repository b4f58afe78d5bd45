"""ColorJitterView: what is drawn, and in which order it is applied."""

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional

from mmssl.datasets.transforms.color_jitter import ColorJitterView
from mmssl.testing.toy_images import photo_like

THEIRS = dict(
    brightness=functional.adjust_brightness,
    contrast=functional.adjust_contrast,
    saturation=functional.adjust_saturation,
    hue=functional.adjust_hue,
)
NAMES = list(THEIRS)


def torchvisions(img, order, factors):
    tensor = torch.from_numpy(img).permute(2, 0, 1).double() / 255
    for i in order:
        tensor = THEIRS[NAMES[i]](tensor, factors[i])
    return tensor.permute(1, 2, 0).numpy() * 255


def test_jitter__is_torchvisions_in_every_order():
    jitter = ColorJitterView(prob=1.0)
    bounds = [(0.6, 1.4), (0.6, 1.4), (0.8, 1.2), (-0.1, 0.1)]
    photo = photo_like((40, 50), np.random.default_rng(1))
    noise = np.random.default_rng(2).integers(0, 256, (40, 50, 3), np.uint8)
    orders = set()
    for seed in range(120):
        rng = np.random.default_rng(seed)
        rng.random()  # whether at all
        order = rng.permutation(4)
        factors = [rng.uniform(low, high) for low, high in bounds]
        img = (photo, noise)[seed % 2]
        got = jitter(dict(img=img, rng=np.random.default_rng(seed)))['img']
        want = torchvisions(img, order, factors)
        assert np.abs(got - want).max() < 0.52
        orders.add(tuple(order))
    assert len(orders) == 24


def test_jitter__ranges():
    jitter = ColorJitterView(2, [0.5, 3], 0, hue=(0, 0.5))
    assert jitter.ranges == dict(
        brightness=(0, 3), contrast=(0.5, 3), saturation=(1, 1), hue=(0, 0.5)
    )


def test_jitter__strength_0_changes_nothing():
    img = photo_like((20, 20), np.random.default_rng(1))
    results = dict(img=img, rng=np.random.default_rng(0))
    got = ColorJitterView(0, 0, 0, 0, prob=1.0)(results)['img']
    np.testing.assert_array_equal(got, img)


@pytest.mark.parametrize('name', NAMES)
def test_jitter__one_property_alone(name):
    others = {n: 0 for n in NAMES if n != name}
    jitter = ColorJitterView(**{**others, name: (0.3, 0.3)}, prob=1.0)
    img = photo_like((20, 20), np.random.default_rng(1))
    got = jitter(dict(img=img, rng=np.random.default_rng(0)))['img']
    want = torchvisions(img, [NAMES.index(name)], [0.3] * 4)
    assert np.abs(got - want).max() < 0.51


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        (dict(brightness=-0.1), r'brightness must be.*gives \(1\.1, 0\.9\)'),
        (dict(contrast=(1.2, 0.8)), r'contrast must be.*\(1\.2, 0\.8\)'),
        (dict(saturation=(-1, 1)), r'saturation must be.*\(-1, 1\)'),
        (dict(hue=0.6), r'hue must be.*\[-0\.5, 0\.5\].*\(-0\.6, 0\.6\)'),
        (dict(hue=(0.1,)), r'hue must be.*\(0\.1,\)'),
        (dict(brightness=float('nan')), 'brightness must be.*nan'),
    ],
)
def test_jitter__bad_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        ColorJitterView(**settings)
