import numpy as np
import pytest

from mmssl.datasets.transforms import PadView
from mmssl.datasets.transforms.view_record import to_original
from mmssl.models.data_preprocessors import ViewsDataPreprocessor
from mmssl.testing.toys import textured_image


@pytest.mark.parametrize('flipped', [0, 1])
def test_pad__pixels_colour_and_record(flipped):
    img = textured_image(10, 7, np.random.default_rng(0))
    record = np.array([5, 6, 20, 28, flipped], float)
    out = PadView(size=(15, 10), fill=(1, 2, 3))(
        dict(img=img, view_geometry=record)
    )
    padded = out['img']
    assert padded.shape == (15, 10, 3)
    np.testing.assert_array_equal(padded[2:12, 1:8], img)
    border = np.ones((15, 10), bool)
    border[2:12, 1:8] = False
    assert (padded[border] == [1, 2, 3]).all()
    # The old view's corners keep their place in the original.
    old = to_original(np.array([0, 0, 7, 10.0]), record, (10, 7))
    new = to_original(
        np.array([1, 2, 8, 12.0]), out['view_geometry'], (15, 10)
    )
    np.testing.assert_allclose(new, old)
    assert out['view_geometry'][4] == flipped


def test_pad__default_colour_is_about_0_after_normalising():
    out = PadView(9)(dict(img=np.zeros((1, 1, 3), np.uint8)))
    import torch

    view = torch.from_numpy(out['img']).permute(2, 0, 1)[None]
    normal = ViewsDataPreprocessor()({'inputs': [view]})['inputs'][0]
    assert normal[0, :, 0, 0].abs().max() < 0.5 / 57


def test_pad__nothing_to_do_and_too_large():
    img = np.zeros((4, 5, 3), np.uint8)
    out = PadView((4, 5))(dict(img=img))
    assert out['view_geometry'].tolist() == [0, 0, 4, 5, 0]
    with pytest.raises(ValueError, match='4 x 5 px is larger than 4 x 4 px'):
        PadView(4)(dict(img=img))


@pytest.mark.parametrize('fill', [(1, 2), (0, 0, 256), (-1, 0, 0)])
def test_pad__fill_out_of_range(fill):
    with pytest.raises(ValueError, match='fill must be three values'):
        PadView(4, fill=fill)
