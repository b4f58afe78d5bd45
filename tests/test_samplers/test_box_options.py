import numpy as np
import pytest

from mmssl.samplers.box_options import (
    BoxPairOptions,
    capacity,
    check_boxes_fit,
)


def test_options__defaults_are_the_published_ones():
    options = BoxPairOptions()
    assert (options.num_boxes, options.mode, options.min_size) == (
        10,
        'grid',
        32,
    )
    assert (options.iou_threshold, options.jitter) == (0.5, 0.0)
    assert options.max_trials == 50


@pytest.mark.parametrize(
    ('wrong', 'message'),
    [
        (dict(num_boxes=0), 'num_boxes must be at least 1, got 0'),
        (dict(num_boxes=-3), 'num_boxes must be at least 1, got -3'),
        (dict(min_size=0), 'min_size must be at least 1, got 0'),
        (dict(max_trials=0), 'max_trials must be at least 1, got 0'),
        (dict(mode='gird'), r"one of \['grid', 'random'\], got 'gird'"),
        (dict(iou_threshold=0.0), r'iou_threshold must lie in \(0, 1\].* 0'),
        (dict(iou_threshold=1.5), r'iou_threshold .* got 1\.5'),
        (dict(iou_threshold=float('nan')), 'iou_threshold .* got nan'),
        (dict(jitter=-0.1), r'jitter .* got -0\.1'),
        (dict(jitter=0.5), r'\[0, 0\.5\).* got 0\.5'),
    ],
)
def test_options__out_of_range(wrong, message):
    with pytest.raises(ValueError, match=message):
        BoxPairOptions(**wrong)


@pytest.mark.parametrize('value', [True, 2.5, '10'])
def test_options__counts_are_whole_numbers(value):
    with pytest.raises(TypeError, match='num_boxes must be a whole number'):
        BoxPairOptions(num_boxes=value)
    BoxPairOptions(num_boxes=np.int64(3))


@pytest.mark.parametrize('hw', [(32, 224), (224, 32), (16, 16)])
def test_fit__min_size_must_be_below_the_view(hw):
    with pytest.raises(
        ValueError, match=rf'min_size=32 .* {hw[0]} x {hw[1]} px.*below'
    ):
        check_boxes_fit(BoxPairOptions(), hw)
    check_boxes_fit(BoxPairOptions(num_boxes=1, min_size=15), hw)


def test_fit__more_boxes_than_the_image_holds():
    disjoint = BoxPairOptions(num_boxes=49, iou_threshold=1e-9)
    check_boxes_fit(disjoint, (224, 224))  # 7 x 7 boxes of 32 px
    more = BoxPairOptions(num_boxes=50, iou_threshold=1e-9)
    with pytest.raises(ValueError, match=r'num_boxes=50 .* hold: 49 boxes'):
        check_boxes_fit(more, (224, 224))
    check_boxes_fit(BoxPairOptions(num_boxes=50), (224, 224))
    check_boxes_fit(
        BoxPairOptions(num_boxes=5000, iou_threshold=1.0), (224, 224)
    )


@pytest.mark.parametrize('threshold', [1e-9, 0.2, 0.5, 0.9])
def test_capacity__is_reached_by_boxes_on_a_grid(threshold):
    """Written out: boxes at the least distance that the threshold allows."""
    size, least = 100, 20
    most = capacity((size, size), least, threshold)
    side = round(most**0.5)
    assert side**2 == most
    step = (size - least) / (side - 1)
    overlap = max(0.0, least - step)
    assert overlap / (2 * least - overlap) <= threshold + 1e-9
    if side < size - least + 1:  # else at whole px anyway
        closer = (size - least) / side
        overlap = least - closer
        assert overlap / (2 * least - overlap) > threshold
