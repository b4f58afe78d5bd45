import numpy as np
import pytest
import torch
from scipy import stats
from torchvision.transforms import functional

from mmssl.datasets.transforms import ResizeAspectView, ResizeView
from mmssl.datasets.transforms.view_pixels import resize_view
from mmssl.datasets.transforms.view_resize import fitted_hw, shorter_side_hw
from mmssl.testing.toys import textured_image

RECORD = np.array([3, 4, 50, 60, 1.0])


def sample(h, w):
    return dict(
        img=textured_image(h, w, np.random.default_rng(0)),
        view_geometry=RECORD,
        rng=np.random.default_rng(0),
    )


@pytest.mark.parametrize('hw', [(375, 500), (500, 333), (100, 100), (7, 500)])
def test_resize__shorter_side_is_torchvisions(hw):
    theirs = functional.resize(torch.zeros(1, *hw), [256], antialias=True)
    assert shorter_side_hw(hw, 256) == tuple(theirs.shape[1:])


def test_resize__pixels_and_record():
    data = sample(40, 30)
    img = data['img']
    out = ResizeView(15)(data)
    np.testing.assert_array_equal(out['img'], resize_view(img, (20, 15)))
    assert out['view_geometry'] is RECORD
    assert out['img_shape'] == (20, 15)
    out = ResizeView((12, 50), backend='pillow')(sample(40, 30))
    np.testing.assert_array_equal(
        out['img'], resize_view(img, (12, 50), 'pillow')
    )


def test_aspect__fits_and_its_logarithm_is_uniform():
    resize = ResizeAspectView(size=(400, 300), ratio=(0.5, 2.0))
    rng = np.random.default_rng(0)
    img = np.zeros((40, 40, 3), np.uint8)
    logs = []
    for _ in range(400):
        out = resize(dict(img=img, rng=rng, view_geometry=RECORD))
        h, w = out['img_shape']
        assert h == 400 or w == 300
        assert h <= 400
        assert w <= 300
        logs.append(np.log2(w / h))
        assert out['view_geometry'] is RECORD
    law = stats.uniform(-1, 2)
    assert stats.kstest(logs, law.cdf).pvalue > 1e-3


def test_aspect__is_relative_to_the_views_own():
    data = sample(10, 40)
    out = ResizeAspectView(size=80, ratio=(1, 1))(data)
    assert out['img_shape'] == (20, 80)


def test_fitted__never_empty():
    assert fitted_hw(1e9, (50, 60)) == (1, 60)
    assert fitted_hw(1e-9, (50, 60)) == (50, 1)


@pytest.mark.parametrize('ratio', [(0, 1), (2, 1), (1,), (-1, 1)])
def test_aspect__ratio_out_of_range(ratio):
    with pytest.raises(ValueError, match='ratio must be'):
        ResizeAspectView(ratio=ratio)
