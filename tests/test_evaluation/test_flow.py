import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mmssl.evaluation import flow as ev


def naive_errors(pred, gt):
    """EPE, Fl (%) and ignored pixels by the definition, pixel by pixel."""
    total, outliers, pixels, ignored = 0.0, 0, 0, 0
    for row in range(gt.shape[0]):
        for col in range(gt.shape[1]):
            (u, v), (gu, gv) = pred[row, col], gt[row, col]
            if not (math.isfinite(gu) and math.isfinite(gv)):
                ignored += 1
                continue
            epe = math.sqrt((u - gu) ** 2 + (v - gv) ** 2)
            length = math.sqrt(gu**2 + gv**2)
            total += epe
            pixels += 1
            outliers += epe > 3 and epe > 0.05 * length
    return total, outliers, pixels, ignored


def test_end_point_error__hand_computed():
    gt = np.array([[[3, 4], [0, 0]], [[1, 0], [0, -2]]], dtype=np.float32)
    pred = np.zeros((2, 2, 2), dtype=np.float32)
    pred[1, 1] = 6, 6
    np.testing.assert_allclose(
        ev.end_point_error_map(pred, gt), [[5, 0], [1, 10]]
    )
    assert ev.end_point_error(pred, gt) == 4.0
    assert ev.fl_rate(pred, gt) == 50.0


@pytest.mark.parametrize(
    ('length', 'error', 'outlier'),
    [
        (0.0, 3.0, False),  # exactly 3 px is still good
        (0.0, 3.01, True),
        (60.0, 3.0, False),
        (100.0, 4.9, False),  # > 3 px, but within 5 %
        (100.0, 5.1, True),
        (40.0, 2.9, False),  # > 5 %, but within 3 px
        (40.0, 3.1, True),
    ],
)
def test_fl_outlier_map__needs_both_limits(length, error, outlier):
    gt = np.array([[[0.0, length]]])
    pred = gt + [[[error, 0.0]]]
    assert ev.fl_outlier_map(pred, gt).tolist() == [[outlier]]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.1, 60), st.floats(0, 0.5))
def test_flow_error_sums__equal_naive_loop(seed, scale, missing):
    rng = np.random.default_rng(seed)
    gt = (rng.normal(size=(7, 5, 2)) * scale).astype(np.float32)
    pred = gt + (rng.normal(size=gt.shape) * 4).astype(np.float32)
    gt[rng.random((7, 5)) < missing, rng.integers(2)] = np.nan
    sums = ev.flow_error_sums(pred, gt)
    epe, *counts = naive_errors(pred.astype(float), gt.astype(float))
    assert sums.epe == pytest.approx(epe, rel=1e-5)
    assert list(sums[1:]) == counts


@settings(max_examples=20, deadline=None)
@given(
    arrays(np.float32, (3, 4, 2), elements=st.floats(-50, 50, width=32)),
    st.floats(-3, 3, width=32),
    st.floats(-3, 3, width=32),
)
def test_end_point_error__constant_offset_is_its_length(gt, du, dv):
    error = ev.end_point_error(gt + np.float32([du, dv]), gt)
    assert error == pytest.approx(math.hypot(du, dv), abs=2e-5)


def test_known_flow__marks_of_unknown_pixels():
    gt = np.zeros((1, 5, 2), dtype=np.float32)
    gt[0, :4, 0] = np.nan, np.inf, -np.inf, 1.7e9
    assert ev.known_flow(gt).tolist() == [[False] * 4 + [True]]
    sums = ev.flow_error_sums(np.ones_like(gt), gt)
    assert sums == (pytest.approx(math.sqrt(2)), 0, 1, 4)


def test_end_point_error__nothing_known_is_nan():
    gt = np.full((2, 2, 2), np.nan)
    assert math.isnan(ev.end_point_error(gt, gt))
    assert math.isnan(ev.fl_rate(gt, gt))


def test_fl_outlier_map__a_broken_prediction_is_an_outlier():
    gt = np.zeros((1, 2, 2))
    pred = np.array([[[np.nan, 0], [0, 0]]])
    assert ev.fl_outlier_map(pred, gt).tolist() == [[True, False]]
    assert math.isnan(ev.end_point_error(pred, gt))  # not hidden


@pytest.mark.parametrize(
    ('pred', 'gt'),
    [((4, 4, 2), (4, 5, 2)), ((2, 4, 4), (2, 4, 4)), ((4, 2), (4, 2))],
)
def test_end_point_error__wrong_shapes(pred, gt):
    with pytest.raises(ValueError, match=r'\(H, W, 2\), got .*and'):
        ev.end_point_error(np.zeros(pred), np.zeros(gt))
