import numpy as np
import pytest
from torchvision.transforms.functional import center_crop

from mmssl.datasets.transforms import CropView, RandomResizedCropView
from mmssl.datasets.transforms.view_crop import cut
from mmssl.datasets.transforms.view_pixels import resize_view
from mmssl.datasets.transforms.view_record import flip_record, whole_record
from mmssl.testing.toys import textured_image


def sample(h=90, w=120, seed=0):
    return dict(
        img=textured_image(h, w, np.random.default_rng(seed)),
        rng=np.random.default_rng(seed),
    )


def test_resized_crop__shows_what_it_records():
    crop = RandomResizedCropView(size=(40, 48), scale=(0.2, 0.6))
    for seed in range(8):
        data = sample(seed=seed)
        img = data['img']
        out = crop(data)
        y, x, h, w, flipped = out['view_geometry']
        assert flipped == 0
        assert 0.19 < h * w / (90 * 120) < 0.61
        window = img[int(y) : int(y + h), int(x) : int(x + w)]
        np.testing.assert_array_equal(
            out['img'], resize_view(window, (40, 48))
        )
        assert out['img_shape'] == out['view_shape'] == (40, 48)


def test_resized_crop__without_size_keeps_the_pixels():
    data = sample()
    img = data['img']
    out = RandomResizedCropView(size=None)(data)
    y, x, h, w, _ = out['view_geometry'].astype(int)
    np.testing.assert_array_equal(out['img'], img[y : y + h, x : x + w])


def test_resized_crop__of_a_mirrored_view():
    """The record of a crop of a crop, against one of the original."""
    data = sample()
    data['view_geometry'] = flip_record(whole_record((90, 120)))
    data['img'] = data['img'][:, ::-1]
    img = data['img'].copy()
    out = RandomResizedCropView(size=None, scale=(0.1, 0.3))(data)
    y, x, h, w, flipped = out['view_geometry'].astype(int)
    assert flipped
    original = img[:, ::-1]
    np.testing.assert_array_equal(
        out['img'], original[y : y + h, x : x + w][:, ::-1]
    )


@pytest.mark.parametrize('size', [(20, 30), (41, 21), (90, 120), (7, 120)])
def test_crop__centre_is_torchvisions(size):
    data = sample(90, 120)
    img = data['img']
    out = CropView(size)(data)
    import torch

    expected = center_crop(torch.from_numpy(img).permute(2, 0, 1), list(size))
    np.testing.assert_array_equal(
        out['img'], expected.permute(1, 2, 0).numpy()
    )
    y, x, h, w, _ = out['view_geometry'].astype(int)
    np.testing.assert_array_equal(out['img'], cut(img, (y, x, h, w)))


def test_crop__random_reaches_every_place():
    seen = set()
    rng = np.random.default_rng(0)
    img = np.zeros((6, 5, 3), np.uint8)
    for _ in range(300):
        out = CropView(4, mode='random')(dict(img=img, rng=rng))
        seen.add(tuple(out['view_geometry'][:2]))
    assert seen == {(y, x) for y in range(3) for x in range(2)}


def test_crop__too_small_and_unknown():
    with pytest.raises(ValueError, match=r'cut 91 x 91 px out of .* 90 x 120'):
        CropView(91)(sample())
    with pytest.raises(ValueError, match=r"\['center', 'random'\], got 'left"):
        CropView(9, mode='left')


@pytest.mark.parametrize(
    ('wrong', 'message'),
    [
        (dict(scale=(0, 1)), 'scale'),
        (dict(ratio=(2, 1)), 'ratio'),
        (dict(scale=(0.05, 1.2)), r'scale .* got \(0\.05, 1\.2\)'),
        (
            dict(size=(256, 128)),
            r'ratio=\(0\.75, 1\.33.*size=\(256, 128\).*= 0\.5.*\(0\.4, 0\.6\)',
        ),
        (dict(size=0), 'size must be'),
        (dict(backend='x'), 'backend must be'),
    ],
)
def test_resized_crop__wrong_options(wrong, message):
    with pytest.raises(ValueError, match=message):
        RandomResizedCropView(**wrong)
