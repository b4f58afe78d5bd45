"""torchvision's counterparts of our transforms."""

import numpy as np
import pytest
import torch
from PIL import Image

from mmssl.registry import TRANSFORMS
from mmssl.testing.torchvision_steps import TorchvisionSteps
from mmssl.testing.toy_images import photo_like

# Fixed strengths, where they can be: no draw is left.
FIXED = {
    'flip': dict(type='FlipView', prob=1.0),
    'grey': dict(type='GrayscaleView', prob=1.0),
    'blur': dict(type='PillowBlurView', radius=(1.5, 1.5), prob=1.0),
    'solarize': dict(type='SolarizeView', prob=1.0, threshold=100),
    'crop': dict(
        type='RandomResizedCropView',
        size=(32, 16),
        scale=(1, 1),
        ratio=(0.5, 0.5),
    ),
    'jitter': dict(
        type='ColorJitterView',
        brightness=(0.7, 0.7),
        contrast=(1.0, 1.0),
        saturation=(1.0, 1.0),
        hue=(0.0, 0.0),
        prob=1.0,
    ),
}


@pytest.mark.parametrize('tensors', [False, True])
@pytest.mark.parametrize('name', FIXED)
def test_steps__do_what_ours_do(name, tensors):
    img = photo_like((48, 48), np.random.default_rng(3))
    ours = TRANSFORMS.build(FIXED[name])
    want = ours(dict(img=img.copy(), rng=np.random.default_rng(0)))['img']
    theirs = TorchvisionSteps(tensors)(FIXED[name])
    if tensors:
        got = theirs(torch.from_numpy(img).permute(2, 0, 1))
        got = got.permute(1, 2, 0).numpy()
    else:
        got = np.asarray(theirs(Image.fromarray(img)))
    assert got.shape == want.shape
    off = abs(got.astype(int) - want)[3:-3, 3:-3]
    assert off.mean() < 1.0
    assert off.max() <= 8


def test_steps__resize_blur_blurs_pillow_and_tensor_alike():
    img = photo_like((48, 48), np.random.default_rng(3))
    step = dict(type='ResizeBlurView', prob=1.0)
    pil = TorchvisionSteps(False)(step)(Image.fromarray(img))
    tensor = torch.from_numpy(img).permute(2, 0, 1)
    got = TorchvisionSteps(True)(step)(tensor).permute(1, 2, 0).numpy()
    assert abs(got.astype(int) - np.asarray(pil)).max() <= 2
    assert abs(got.astype(int) - img).max() > 5


def test_steps__prob_is_passed_on():
    crop = torch.zeros(3, 4, 4, dtype=torch.uint8)
    for step in FIXED.values():
        if 'prob' in step and step['type'] != 'GrayscaleView':
            made = TorchvisionSteps(True)(dict(step, prob=0.0))
            assert torch.equal(made(crop), crop)


def test_steps__without_counterpart():
    with pytest.raises(KeyError, match='SampleBoxPairs'):
        TorchvisionSteps(True)(dict(type='SampleBoxPairs'))
