"""Resize and crop as transforms of a sample."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mmssl.datasets.transforms import (
    CropImageFlow,
    ResizeCropImageFlow,
    ResizeImageFlow,
    geometry,
)


def sample(h, w, seed=0, **more):
    rng = np.random.default_rng(seed)
    return dict(
        img=rng.integers(0, 256, (h, w, 3), np.uint8),
        flow=rng.normal(size=(h, w, 2)).astype(np.float32),
        rng=np.random.default_rng(seed),
        **more,
    )


def assert_equal(a, b):
    assert a.keys() == b.keys()
    assert a['img_shape'] == b['img_shape']
    assert a['rng'].random() == b['rng'].random()  # equally much was drawn
    for key in a.keys() - {'rng', 'img_shape'}:
        np.testing.assert_array_equal(a[key], b[key], strict=True)


def test_resize__image_flow_and_target():
    data = sample(20, 30, target_img=np.full((20, 30, 3), 7, np.uint8))
    out = ResizeImageFlow(short_size=10).transform(dict(data))
    expected = Image.fromarray(data['img']).resize((15, 10), Image.BICUBIC)
    np.testing.assert_array_equal(out['img'], np.asarray(expected))
    np.testing.assert_array_equal(
        out['flow'], geometry.resize_flow(data['flow'], (10, 15))
    )
    assert (out['target_img'] == 7).all()
    assert out['target_img'].shape[:2] == out['img_shape'] == (10, 15)


def test_resize__long_size_and_ratio_of_each_axis():
    data = sample(20, 31)
    data['flow'][:] = [31, 20]
    resize = ResizeImageFlow(long_size=62, published_ratio=False)
    out = resize.transform(data)
    assert out['img_shape'] == (40, 62)
    np.testing.assert_allclose(out['flow'], np.full((40, 62, 2), [62, 40]))


def test_resize__flow_alone_and_image_alone():
    data = sample(20, 30)
    del data['img']
    assert ResizeImageFlow(long_size=15)(data)['flow'].shape == (10, 15, 2)
    data = sample(20, 30)
    del data['flow']
    assert ResizeImageFlow(long_size=15)(data)['img'].shape == (10, 15, 3)
    with pytest.raises(KeyError, match='neither img nor flow'):
        ResizeImageFlow(long_size=15)({})


def test_crop__centre():
    data = sample(11, 9)
    out = CropImageFlow((4, 6), mode='center').transform(dict(data))
    np.testing.assert_array_equal(out['img'], data['img'][3:7, 1:7])
    np.testing.assert_array_equal(out['flow'], data['flow'][3:7, 1:7])
    assert out['img_shape'] == (4, 6)
    assert out['img'].flags.c_contiguous


def test_crop__random_takes_row_then_column_from_rng():
    data = sample(50, 70, seed=3)
    rows, cols = np.random.default_rng(3).random(2)
    top, left = int(rows * 40), int(cols * 60)
    out = CropImageFlow(10).transform(dict(data))
    window = np.s_[top : top + 10, left : left + 10]
    np.testing.assert_array_equal(out['img'], data['img'][window])
    np.testing.assert_array_equal(out['flow'], data['flow'][window])


@pytest.mark.parametrize('mode', ['random', 'center'])
def test_crop__pads_what_is_smaller(mode):
    data = sample(1, 5)
    out = CropImageFlow(4, mode).transform(dict(data))
    img = np.zeros((4, 4, 3), np.uint8)
    flow = np.zeros((4, 4, 2), np.float32)
    img[1] = data['img'][0, :4]  # one free column: offset 0 in both modes
    flow[1] = data['flow'][0, :4]
    np.testing.assert_array_equal(out['img'], img)
    np.testing.assert_array_equal(out['flow'], flow)


def test_crop__of_equal_size_changes_nothing():
    data = sample(6, 6)
    out = CropImageFlow(6).transform(dict(data))
    np.testing.assert_array_equal(out['img'], data['img'])


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.integers(1, 40),
    st.tuples(st.integers(1, 30), st.integers(1, 30)),
    st.sampled_from(['short_size', 'long_size']),
    st.sampled_from(['random', 'center']),
    st.booleans(),
)
def test_resize_crop__equals_the_two(hw, length, size, side, mode, published):
    """Also where the resized image is smaller than the window."""
    sizes = {side: length}
    once = ResizeCropImageFlow(
        size, mode=mode, published_ratio=published, **sizes
    )
    resize = ResizeImageFlow(published_ratio=published, **sizes)
    crop = CropImageFlow(size, mode)
    target = sample(*hw, seed=9)['img']
    assert_equal(
        once.transform(sample(*hw, target_img=target)),
        crop.transform(resize.transform(sample(*hw, target_img=target))),
    )


def test_resize_crop__image_alone():
    data = sample(20, 30)
    del data['flow']
    out = ResizeCropImageFlow(8, short_size=10).transform(data)
    assert out['img'].shape == (8, 8, 3)
    assert 'flow' not in out


@pytest.mark.parametrize(
    'transform',
    [
        ResizeImageFlow(short_size=4),
        CropImageFlow(4),
        ResizeCropImageFlow(4, short_size=4),
    ],
)
def test_geometry__refuses_samples_with_guidance(transform):
    data = sample(9, 9, guidance_points=np.zeros((1, 2), np.int64))
    with pytest.raises(ValueError, match='must come before SampleGuidance'):
        transform(data)


def test_arguments__are_checked():
    with pytest.raises(ValueError, match='exactly one of short_size and lo'):
        ResizeImageFlow()
    with pytest.raises(ValueError, match=r"\('center', 'random'\), got 'mid'"):
        CropImageFlow(4, mode='mid')
    for size in (0, (4, 5, 6), (4, -1), 4.5, 'ab'):
        with pytest.raises((ValueError, TypeError), match=r'size|iterable'):
            CropImageFlow(size)
