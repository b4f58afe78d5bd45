import numpy as np
import pytest

from mmssl.visualization import error_map


def test_error_to_rgb__positions_on_the_scale():
    error = np.array([[0.0, 1.0, 2.0, 9.0, np.inf, np.nan]])
    image = error_map.error_to_rgb(error, limit=2.0)[0]
    scale = error_map.heat_colors()
    np.testing.assert_array_equal(image[0], scale[0])
    np.testing.assert_array_equal(image[1], scale[128])
    for beyond in (2, 3, 4):
        np.testing.assert_array_equal(image[beyond], scale[255])
    assert image[5].tolist() == [128, 128, 128]


def test_heat_colors__luminance_rises():
    weights = np.array([0.299, 0.587, 0.114])
    luminance = error_map.heat_colors() @ weights
    assert (np.diff(luminance[::8]) > 0).all()
    # RGB, not BGR: the warm half is more red than blue.
    assert (error_map.heat_colors()[150:220] @ [1, 0, -1] > 0).all()


@pytest.mark.parametrize(
    ('value', 'limit'),
    [
        (0.7, 0.7),
        (0.71, 1.0),
        (1000.0, 1000.0),
        (1001.0, 1500.0),
        (7.5, 10.0),
        (0.0, 1.0),
        (float('nan'), 1.0),
        (float('inf'), 1.0),
    ],
)
def test_nice_limit__steps(value, limit):
    assert error_map.nice_limit(value) == limit


def test_error_limit__outliers_and_unknown_do_not_stretch_the_scale():
    error = np.full((40, 40), 1.9)
    error[0, :4] = 300.0
    error[1] = np.nan
    assert error_map.error_limit(error) == 2.0
    assert error_map.error_limit(np.full((2, 2), np.nan)) == 1.0


def test_error_to_rgb__bad_limit():
    with pytest.raises(ValueError, match='limit must be positive, got 0'):
        error_map.error_to_rgb(np.zeros((2, 2)), 0)
