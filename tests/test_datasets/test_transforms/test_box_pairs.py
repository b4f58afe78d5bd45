import numpy as np
import pytest

from mmssl.datasets.transforms import (
    FlipView,
    MultiViewGeometry,
    PadView,
    RandomResizedCropView,
    ResizeView,
    SampleBoxPairs,
)
from mmssl.datasets.transforms.view_record import to_original
from mmssl.samplers import BoxPairOptions, sample_box_pairs


def sample(views, h=200, w=260, seed=0):
    data = dict(
        img=np.zeros((h, w, 3), np.uint8),
        ori_shape=(h, w),
        rng=np.random.default_rng(seed),
    )
    return MultiViewGeometry(views=views)(data)


def crop(size, scale=(0.6, 1.0)):
    return [RandomResizedCropView(size, scale=scale), FlipView(0.5)]


def test_boxes__are_those_of_the_sampler():
    data = sample([crop(224), crop((160, 192))])
    state = data['rng'].bit_generator.state
    out = SampleBoxPairs(num_boxes=4, mode='random', jitter=0.1)(data)
    rng = np.random.default_rng()
    rng.bit_generator.state = state
    expected = sample_box_pairs(
        out['view_geometry'][None],
        [(224, 224), (160, 192)],
        BoxPairOptions(num_boxes=4, mode='random', jitter=0.1),
        rng,
        image_hw=(200, 260),
    )
    np.testing.assert_array_equal(
        out['boxes'], expected.boxes.astype(np.float32)
    )
    assert out['boxes'].dtype == np.float32
    assert out['boxes'].shape == (4, 2, 4)
    assert out['box_views'].dtype == np.int64
    assert out['box_views'].tolist() == [[0, 1]] * 4


def test_boxes__show_one_part_of_the_image():
    data = sample([crop(224), crop(224), crop(128)])
    out = SampleBoxPairs(min_size=20)(data)
    assert len(out['boxes']) == 30
    for boxes, views in zip(out['boxes'], out['box_views']):
        one, two = (
            to_original(box, data['view_geometry'][v], data['view_shapes'][v])
            for box, v in zip(boxes, views)
        )
        np.testing.assert_allclose(one, two, atol=2)  # clipped


def test_boxes__none_where_views_are_apart():
    data = sample([crop(64), crop(64)])
    data['view_geometry'][1, 1] += 1000
    out = SampleBoxPairs()(data)
    assert out['boxes'].shape == (0, 2, 4)
    assert out['box_views'].shape == (0, 2)


def test_boxes__stay_out_of_the_padding():
    padded = [ResizeView((50, 60)), PadView(100)]
    out = SampleBoxPairs(num_boxes=40, min_size=12)(sample([padded, padded]))
    assert out['boxes'][..., 0].min() >= 20
    assert out['boxes'][..., 1].min() >= 25
    assert out['boxes'][..., 2].max() <= 80
    assert out['boxes'][..., 3].max() <= 75


def test_boxes__views_without_record():
    with pytest.raises(ValueError, match=r'without geometry record: .*none'):
        SampleBoxPairs()(dict(img=np.zeros((9, 9, 3), np.uint8)))
    data = dict(view_geometry=np.zeros(5), view_shapes=[(9, 9)])
    with pytest.raises(ValueError, match=r'shape \(5,\).*MultiViewGeometry'):
        SampleBoxPairs()(data)


def test_boxes__one_view_only():
    with pytest.raises(ValueError, match=r'two views or more, .* made 1'):
        SampleBoxPairs()(sample([crop(64)]))


def test_boxes__min_size_above_the_input():
    with pytest.raises(ValueError, match=r'min_size=32 .* 32 x 32 px'):
        SampleBoxPairs()(sample([crop(64), crop(32)]))


def test_boxes__more_than_the_image_holds():
    with pytest.raises(ValueError, match=r'num_boxes=10 .* 4 boxes'):
        SampleBoxPairs(iou_threshold=0.01)(sample([crop(64), crop(64)]))


@pytest.mark.parametrize(
    ('wrong', 'message'),
    [
        (dict(num_boxes=0), 'num_boxes must be at least 1, got 0'),
        (dict(mode='grd'), r"\['grid', 'random'\], got 'grd'"),
        (dict(iou_threshold=2), 'iou_threshold'),
        (dict(jitter=0.7), 'jitter'),
    ],
)
def test_boxes__wrong_options(wrong, message):
    with pytest.raises(ValueError, match=message):
        SampleBoxPairs(**wrong)
