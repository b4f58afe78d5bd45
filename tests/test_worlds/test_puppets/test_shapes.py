import numpy as np
import pytest

from mmssl.worlds.puppets.shapes import POINTS, patch, profile, tube


def area(x, y):
    """Area inside a closed outline, by the shoelace formula."""
    return 0.5 * abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))


def test_profile__between_stations():
    surface = profile([0.1, 0.3], [0.2], [0.0, 1.0])
    wide, deep = surface.at(np.array([0.0, 0.25, 2.0]))
    np.testing.assert_allclose(wide, [0.1, 0.15, 0.3])
    np.testing.assert_allclose(deep, 0.2)


@pytest.mark.parametrize('stations', [2, 3, 5])
def test_at__as_numpy_interpolates(stations):
    rng = np.random.default_rng(stations)
    wide, deep = rng.random((2, stations)).tolist()
    places = np.sort(rng.random(stations)).tolist()
    along = rng.uniform(-0.5, 1.5, 30)
    found = profile(wide, deep, places).at(along)
    np.testing.assert_allclose(found[0], np.interp(along, places, wide))
    np.testing.assert_allclose(found[1], np.interp(along, places, deep))


@pytest.mark.parametrize('caps', [(0, 0), (1, 1), (0.5, 0)])
def test_tube__area_of_body_and_ends(caps):
    """A rectangle of 2 r by the length, and half ellipses as polygons."""
    outline = tube(profile([0.1]), 0.2, 0.8, caps)
    x = 0.1 * np.sin(outline.azimuth)
    y = outline.along + outline.beyond
    assert x.shape == (POINTS,)
    # Half an octagon stands for half a circle.
    end = 0.5 * 0.1**2 * 4 * np.sin(np.pi / 4)
    assert area(x, y) == pytest.approx(0.2 * 0.6 + end * sum(caps))
    assert y.min() == pytest.approx(0.2 - 0.1 * caps[0])
    assert y.max() == pytest.approx(0.8 + 0.1 * caps[1])


def test_tube__never_rolls_but_a_patch_does():
    assert tube(profile([0.1])).rolls == 0
    shape = patch(profile([0.1]), (0.5, 0.4), (0.3, 0.2))
    assert (shape.rolls, shape.centre) == (1.0, 0.5)


@pytest.mark.parametrize(('squareness', 'share'), [(0, np.pi / 4), (1, 0.98)])
def test_patch__from_ellipse_to_rectangle(squareness, share):
    shape = patch(profile([0.1]), (0.0, 0.5), (0.4, 0.25), squareness)
    inside = area(shape.azimuth, shape.along) / (0.8 * 0.5)
    assert inside == pytest.approx(share, abs=0.08)
    assert np.abs(shape.azimuth).max() <= 0.4 + 1e-12
    assert abs(shape.along - 0.5).max() <= 0.25 + 1e-12


def test_patch__is_as_wide_as_the_tube_there():
    cone = profile([0.1, 0.3])
    shape = patch(cone, (0.0, 0.5), (0.4, 0.25))
    np.testing.assert_allclose(shape.wide, 0.1 + 0.2 * shape.along)
