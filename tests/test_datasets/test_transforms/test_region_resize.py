import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmssl.datasets.transforms import ResizeRegions
from mmssl.datasets.transforms.region_resize import fitted_size

side = st.integers(8, 3000)


@given(side, side, st.integers(8, 900), st.integers(8, 1600))
def test_fitted_size__as_large_as_both_limits_allow(h, w, short, longest):
    new = fitted_size((h, w), short, longest)
    expected = min(short / min(h, w), longest / max(h, w))
    assert np.allclose(new, (h * expected, w * expected), atol=0.51) or (
        min(new) == 1
    )
    assert min(new) <= short
    assert max(new) <= longest


def run(hw=(40, 80), seed=0, **options):
    img = np.zeros((*hw, 3), np.uint8)
    img[10:30, 20:50] = 255
    results = dict(
        img=img,
        gt_bboxes=np.array([[20, 10, 50, 30]], np.float32),
        rng=np.random.default_rng(seed),
    )
    return ResizeRegions(**options)(results)


@pytest.mark.parametrize('short', [20, 40, 97])
def test_transform__the_box_stays_on_its_object(short):
    results = run(short_side=short)
    x1, y1, x2, y2 = results['gt_bboxes'][0]
    assert results['img_shape'] == results['img'].shape[:2]
    assert min(results['img_shape']) == short
    bright = results['img'][..., 0] > 127
    rows, cols = np.nonzero(bright.any(1))[0], np.nonzero(bright.any(0))[0]
    found = cols[0], rows[0], cols[-1] + 1, rows[-1] + 1
    np.testing.assert_allclose((x1, y1, x2, y2), found, atol=1.0)
    assert results['gt_bboxes'].dtype == np.float32


def test_transform__limits_and_draws():
    assert run(short_side=40, max_size=60)['img_shape'] == (30, 60)
    drawn = {
        run(seed=i, short_side=(20, 30, 40))['img_shape'][0] for i in range(20)
    }
    assert drawn == {20, 30, 40}


@pytest.mark.parametrize(
    'options', [dict(short_side=0), dict(max_size=0), dict(short_side=())]
)
def test_errors(options):
    with pytest.raises(ValueError, match='must be >= 1 px, got'):
        ResizeRegions(**options)
