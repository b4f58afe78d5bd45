import numpy as np
import pytest

from mmssl.evaluation.guidance_probes import build_probes
from mmssl.evaluation.probe_points import ProbePoints

POINTS = ProbePoints(
    parts=np.array([[10, 20], [30, 20], [10, 40]]),
    pair=np.array([[10, 18], [10, 22]]),
    background=np.array([[60, 60]]),
)


def test_build_probes__as_in_the_supplement():
    a, b, c, d = build_probes(POINTS, np.random.default_rng(0), speed=8.0)
    assert [p.key for p in (a, b, c, d)] == ['a', 'b', 'c', 'd']

    # (a) one vector on one point
    np.testing.assert_array_equal(a.points, [[10, 20]])
    assert np.hypot(*a.vectors[0]) == pytest.approx(8.0)

    # (b) different vectors on all parts
    np.testing.assert_array_equal(b.points, POINTS.parts)
    lengths = np.hypot(*b.vectors.T)
    assert (lengths >= 4 - 1e-6).all()
    assert (lengths <= 8 + 1e-6).all()
    assert len(np.unique(b.vectors.round(3), axis=0)) == 3

    # (c) two opposite vectors on one rigid part
    np.testing.assert_array_equal(c.points, POINTS.pair)
    np.testing.assert_allclose(c.vectors[0], -c.vectors[1])

    # (d) one vector on all parts, another direction on the background
    np.testing.assert_array_equal(d.points[:3], POINTS.parts)
    np.testing.assert_array_equal(d.points[3:], POINTS.background)
    np.testing.assert_array_equal(d.vectors[:3], a.vectors.repeat(3, axis=0))
    assert d.vectors[3] @ d.vectors[0] == pytest.approx(0, abs=1e-4)
    assert np.hypot(*d.vectors[3]) == pytest.approx(8.0, rel=1e-5)


def test_build_probes__types_and_reproducible():
    one, two = (
        build_probes(POINTS, np.random.default_rng(5)) for _ in range(2)
    )
    for first, second in zip(one, two):
        assert first.points.dtype == np.int64
        assert first.vectors.dtype == np.float32
        np.testing.assert_array_equal(first.vectors, second.vectors)


def test_build_probes__wrong_speed():
    with pytest.raises(ValueError, match='speed must be positive, got 0'):
        build_probes(POINTS, np.random.default_rng(0), speed=0)
