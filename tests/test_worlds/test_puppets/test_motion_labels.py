import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmssl.worlds.puppets.motion_labels import flow_maps, occlusion
from mmssl.worlds.puppets.raster import Raster


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_flow_maps__end_on_the_same_surface_point(seed):
    rng = np.random.default_rng(seed)
    first = np.eye(3) + 0.2 * rng.normal(size=(4, 3, 3))
    second = np.eye(3) + 0.2 * rng.normal(size=(4, 3, 3))
    second[np.abs(np.linalg.det(second[:, :2, :2])) < 0.1] = np.eye(3)
    maps = flow_maps(first, second)
    for x in rng.uniform(-50, 50, (5, 2)):
        for k in range(4):
            here = first[k, :2, :2] @ x + first[k, :2, 2]
            moved = x + maps[k, :, :2] @ x + maps[k, :, 2]
            there = second[k, :2, :2] @ moved + second[k, :2, 2]
            np.testing.assert_allclose(there, here, atol=1e-8)


def raster(rows, rank):
    return Raster(np.array(rows, np.int16), np.array(rank), [])


def shift(size, right):
    flow = np.zeros((*size, 2), np.float32)
    flow[..., 0] = right
    return flow


def test_occlusion__behind_something_and_outside():
    """Piece 1 moves two to the right, in front of piece 0 at rest."""
    first = raster([[1, 1, 0, 0, 0, 0]], [0, 1])
    second = raster([[0, 0, 1, 1, 0, 0]], [0, 1])
    flow = shift((1, 6), 0)
    flow[first.ids == 1] = [2, 0]
    hidden = occlusion(first, second, flow)
    assert hidden.tolist() == [[False, False, True, True, False, False]]
    out = occlusion(first, second, shift((1, 6), 5))
    assert out[0, 1:].all()


def test_occlusion__edge_between_pixels_is_seen():
    """A target one pixel beside its piece, on one behind, is rounding."""
    first = raster([[0, 1, 1, 0]], [0, 1])
    second = raster([[0, 0, 1, 0]], [0, 1])
    hidden = occlusion(first, second, shift((1, 4), 0))
    assert hidden.tolist() == [[False, False, False, False]]


def test_occlusion__turned_away_is_hidden():
    """The piece is behind nothing there, but not near either."""
    first = raster([[1, 1, 1, 0, 0, 0]], [0, 1])
    second = raster([[1, 0, 0, 0, 0, 0]], [0, 1])
    flow = shift((1, 6), 0)
    assert occlusion(first, second, flow)[0].tolist() == [
        *(False, False, True, False, False, False)
    ]


def test_occlusion__in_front_at_one_pixel_is_hidden():
    first = raster([[0, 1, 1, 2]], [0, 1, 2])
    second = raster([[0, 1, 2, 2]], [0, 1, 2])
    hidden = occlusion(first, second, shift((1, 4), 0))
    assert hidden.tolist() == [[False, False, True, False]]


def test_pair__what_is_hidden_is_really_covered(moving_pairs):
    """Hidden pixels inside the frame land on another piece, or are gone."""
    seen = 0
    for scene, pair in moving_pairs:
        one = scene._moment(3.0).raster
        two = scene._moment(4.5).raster
        y, x = np.nonzero(pair.occluded)
        step = np.rint(pair.flow[y, x]).astype(int)
        rows, cols = y + step[:, 1], x + step[:, 0]
        inside = (rows >= 0) & (rows < 112) & (cols >= 0) & (cols < 128)
        own = one.ids[y[inside], x[inside]]
        found = two.ids[rows[inside], cols[inside]]
        assert (own != found).mean() > 0.99
        seen += len(own)
    assert seen > 200


def test_pair__everything_new_is_marked(moving_pairs):
    """What no seen pixel lands on is marked as new, but for some gaps."""
    for _, pair in moving_pairs:
        y, x = np.nonzero(~pair.occluded)
        target = np.stack([y, x], 1) + pair.flow[y, x][:, ::-1]
        landed = np.zeros(pair.occluded.shape, bool)
        for down in (0, 1):
            for right in (0, 1):
                at = np.floor(target).astype(int) + [down, right]
                at = at.clip(0, np.array(landed.shape) - 1)
                landed[at[:, 0], at[:, 1]] = True
        missed = ~landed & ~pair.backward_occluded
        assert missed.mean() == pytest.approx(0, abs=0.01)
