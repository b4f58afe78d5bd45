import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mmcv.transforms import BaseTransform

from mmssl.datasets.transforms import (
    CropView,
    FlipView,
    MultiViewGeometry,
    PadView,
    RandomResizedCropView,
    ResizeAspectView,
    ResizeView,
)
from mmssl.datasets.transforms.view_record import to_original
from mmssl.registry import TRANSFORMS


def ramp(h, w):
    """An image whose colours are linear in x and y."""
    y, x = (np.mgrid[:h, :w] + 0.5) / np.array([h, w])[:, None, None]
    planes = [30 + 190 * x, 30 + 190 * y, 30 + 95 * (x + y)]
    return np.round(np.stack(planes, -1)).astype(np.uint8)


def sample(h=120, w=160, seed=0):
    return dict(
        img=ramp(h, w), rng=np.random.default_rng(seed), img_path='a.png'
    )


STEPS = {
    'crop': lambda: dict(type='CropView', size=24, mode='random'),
    'centre': lambda: dict(type='CropView', size=(30, 24)),
    'flip': lambda: dict(type='FlipView', prob=1.0),
    'resize': lambda: dict(type='ResizeView', size=(60, 50)),
    'short': lambda: dict(type='ResizeView', size=48),
    'rrc': lambda: dict(
        type='RandomResizedCropView', size=(56, 64), scale=(0.3, 1.0)
    ),
}
# Small crops last, so that every chain is possible.
chain = st.lists(
    st.sampled_from(['flip', 'resize', 'short', 'rrc']), max_size=4
).flatmap(
    lambda steps: st.sampled_from(['crop', 'centre', 'flip']).map(
        lambda last: [*steps, last]
    )
)


@settings(max_examples=30, deadline=None)
@given(st.lists(chain, min_size=1, max_size=3), st.integers(0, 2**32 - 1))
def test_views__colours_tell_the_place_that_is_recorded(chains, seed):
    """The image is linear, so a pixel's colour gives its original place."""
    multi = MultiViewGeometry(
        views=[[STEPS[step]() for step in steps] for steps in chains]
    )
    out = multi(sample(seed=seed))
    assert out['view_geometry'].shape == (len(chains), 5)
    assert out['view_geometry'].dtype == np.float64
    for view, record, hw in zip(
        out['views'], out['view_geometry'], out['view_shapes']
    ):
        assert view.shape == (*hw, 3)
        y, x = np.mgrid[: hw[0], : hw[1]]
        pixels = np.stack([x, y, x + 1, y + 1], -1).astype(float)
        boxes = to_original(pixels, record, hw)
        middle = (boxes[..., :2] + boxes[..., 2:]) / 2
        colour = 30 + 190 * middle / [160, 120]
        inner = np.s_[4:-4, 4:-4]  # filters bend a ramp at its ends
        off = np.abs(view[..., :2][inner] - colour[inner])
        assert off.max() < 3.0


def test_views__share_a_crop_made_before():
    """Consistency at the level of the input: one region, stretched twice."""
    pipeline = [
        RandomResizedCropView(size=None, scale=(0.3, 0.5)),
        MultiViewGeometry(
            views=[[ResizeAspectView(64), FlipView(1.0), PadView(64)]] * 2
        ),
    ]
    out = sample()
    for step in pipeline:
        out = step(out)
    assert out['view_shapes'] == [(64, 64)] * 2
    one, two = out['view_geometry']
    # Padding is symmetric, so both have the region's centre.
    centre = [(r[0] + r[2] / 2, r[1] + r[3] / 2) for r in (one, two)]
    np.testing.assert_allclose(*centre, atol=2)
    assert abs(one[2] / one[3] - two[2] / two[3]) > 0.05  # other stretches


def test_views__are_drawn_one_after_another_from_one_generator():
    crop = RandomResizedCropView(32)
    out = MultiViewGeometry(views=[[crop], [crop]])(sample(seed=4))
    rng = np.random.default_rng(4)
    for view in out['views']:
        alone = crop(dict(img=ramp(120, 160), rng=rng))
        np.testing.assert_array_equal(view, alone['img'])
    again = MultiViewGeometry(views=[[crop], [crop]])(sample(seed=4))
    np.testing.assert_array_equal(out['view_geometry'], again['view_geometry'])


def test_views__leave_the_image_and_the_sample_alone():
    data = sample()
    img = data['img']
    before = img.copy()
    views = [[CropView(30), FlipView(1.0)], [ResizeView(40)], []]
    out = MultiViewGeometry(views=views)(data)
    assert out['img'] is img
    np.testing.assert_array_equal(img, before)
    assert out['view_geometry'][2].tolist() == [0, 0, 120, 160, 0]
    assert out['img_path'] == 'a.png'


@TRANSFORMS.register_module()
class HalveWithoutRecord(BaseTransform):
    def transform(self, results):
        results['img'] = results['img'][::2, ::2]
        return results


class MirrorWithoutRecord(BaseTransform):
    def transform(self, results):
        results['img'] = results['img'][:, ::-1]
        results['flip'] = True  # as mmcv's RandomFlip
        return results


def test_views__a_transform_without_record_is_named():
    multi = MultiViewGeometry(
        views=[[ResizeView(60), dict(type='HalveWithoutRecord')]]
    )
    with pytest.raises(
        ValueError, match='HalveWithoutRecord made 30 x 40 of 60 x 80 px'
    ):
        multi(sample())
    with pytest.raises(ValueError, match='MirrorWithoutRecord mirrored'):
        MultiViewGeometry(views=[[MirrorWithoutRecord()]])(sample())


@pytest.mark.parametrize(
    'moves',
    [
        dict(type='mmpretrain.RandomResizedCrop', scale=(64, 64)),
        dict(type='mmpretrain.Rotate', angle=30.0, prob=1.0),
    ],
)
def test_views__moved_at_one_size_without_record(moves):
    views = MultiViewGeometry([[moves]])
    np.random.seed(0)
    with pytest.raises(ValueError, match='moved its pixels and kept no geom'):
        views(sample(64, 64))


def test_views__own_transforms_at_one_size_and_blur_are_let_through():
    steps = [
        dict(type='ResizeView', size=64),
        dict(type='ResizeAspectView', size=64, ratio=(1, 1)),
        dict(type='FlipView', prob=1.0),
        dict(type='RandomResizedCropView', size=64),
        dict(type='PadView', size=64),
        dict(type='ResizeBlurView', prob=1.0),
    ]
    results = MultiViewGeometry([steps])(sample(64, 64))
    assert results['view_shapes'] == [(64, 64)]


def test_views__none_or_not_nested():
    with pytest.raises(ValueError, match='one pipeline or more, got none'):
        MultiViewGeometry(views=[])
    with pytest.raises(ValueError, match=r"got the transform .*'FlipView'"):
        MultiViewGeometry(views=[dict(type='FlipView')])


def test_views__crop_after_them_is_refused():
    out = MultiViewGeometry(views=[[]])(sample())
    with pytest.raises(ValueError, match='inside or before'):
        FlipView(1.0)(out)


def test_num_views__repeats_pipelines_with_draws_of_their_own():
    crop = dict(type='RandomResizedCropView', size=16, scale=(0.1, 0.5))
    views = [[dict(type='ResizeView', size=(32, 24))], [crop]]
    out = MultiViewGeometry(views, num_views=(1, 3))(sample(seed=4))
    assert out['view_shapes'] == [(32, 24), *3 * [(16, 16)]]
    assert len(np.unique(out['view_geometry'], axis=0)) == 4
    alike = MultiViewGeometry([views[0], *3 * [[crop]]])(sample(seed=4))
    for one, other in zip(out['views'], alike['views']):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize('wrong', [(1,), (1, -1), (1, 0.5)])
def test_num_views__wrong(wrong):
    with pytest.raises(ValueError, match=r'2 whole numbers >= 0; got \(1,'):
        MultiViewGeometry([[], []], num_views=wrong)


def test_num_views__none_at_all():
    with pytest.raises(ValueError, match=r'\(0,\) makes no view'):
        MultiViewGeometry([[]], num_views=(0,))
