import json
import math

import numpy as np
import pytest

from mmssl.evaluation.guidance_probes import Probe
from mmssl.evaluation.probe_results import measure_probe, neighbourhood_px

HEIGHT, WIDTH = 48, 64


def make_probe(points, vectors, key='a'):
    return Probe(
        key, 'a test', np.array(points), np.array(vectors, dtype=np.float32)
    )


def moving_rectangle(vector, rows, cols):
    flow = np.zeros((HEIGHT, WIDTH, 2), dtype=np.float32)
    flow[rows, cols] = vector
    return flow


def test_measure_probe__rigid_rectangle_follows():
    flow = moving_rectangle((3, 4), slice(10, 30), slice(20, 50))
    result = measure_probe(make_probe([[20, 30]], [[3, 4]]), flow, radius=4)
    (point,) = result.points
    assert (point.x, point.y, point.u, point.v) == (30, 20, 3.0, 4.0)
    assert point.cosine == pytest.approx(1.0)
    assert point.gain == pytest.approx(1.0)
    assert point.reach_px == pytest.approx(math.sqrt(20 * 30 / math.pi))
    assert point.spill is None
    assert result.coherence is None
    assert result.coherence_asked is None


def test_measure_probe__naive_neighbourhood_means():
    rng = np.random.default_rng(0)
    flow = rng.normal(size=(HEIGHT, WIDTH, 2)).astype(np.float32)
    probe = make_probe([[20, 30], [40, 5]], [[2, -1], [0, 3]])
    result = measure_probe(probe, flow, radius=5)
    means = []
    for point, (row, col), (u, v) in zip(
        result.points, probe.points, probe.vectors.tolist()
    ):
        cosines, shares, inside = [], [], []
        for r in range(HEIGHT):
            for c in range(WIDTH):
                if (r - row) ** 2 + (c - col) ** 2 <= 25:
                    fu, fv = flow[r, c].tolist()
                    dot = fu * u + fv * v
                    cosines.append(dot / math.hypot(fu, fv) / math.hypot(u, v))
                    shares.append(dot / (u * u + v * v))
                    inside.append((fu, fv))
        assert point.cosine == pytest.approx(np.mean(cosines), abs=1e-5)
        assert point.gain == pytest.approx(np.mean(shares), abs=1e-5)
        means.append(np.mean(inside, axis=0))
    one, two = (mean / np.hypot(*mean) for mean in means)
    assert result.coherence == pytest.approx(one @ two, abs=1e-5)
    assert result.coherence_asked == pytest.approx(-1 / math.sqrt(5))


def test_measure_probe__reach_counts_the_connected_region_only():
    flow = moving_rectangle((4, 0), slice(0, 10), slice(0, 10))
    flow[30:, 30:] = 4, 0  # also follows, but apart
    flow[0:10, 10:20] = 1.9, 0  # less than half as fast
    result = measure_probe(make_probe([[5, 5]], [[4, 0]]), flow, radius=2)
    assert result.points[0].reach_px == pytest.approx(math.sqrt(100 / math.pi))


def test_measure_probe__ignored_or_reversed_guidance():
    still = np.zeros((HEIGHT, WIDTH, 2), dtype=np.float32)
    probe = make_probe([[20, 30]], [[3, 4]])
    (point,) = measure_probe(probe, still, radius=3).points
    assert (point.cosine, point.gain, point.reach_px) == (0, 0, 0)
    # What trickles through is not a direction.
    trickle = moving_rectangle((0.03, 0.04), slice(None), slice(None)) * 0.99
    (point,) = measure_probe(probe, trickle, radius=3).points
    assert point.cosine == 0
    against = moving_rectangle((-3, -4), slice(None), slice(None))
    (point,) = measure_probe(probe, against, radius=3).points
    assert point.cosine == pytest.approx(-1)
    assert point.reach_px == 0


def test_measure_probe__spill_and_leakage():
    flow = moving_rectangle((0, 2), slice(0, 20), slice(None))
    flow[:, 40:] = 1, 0
    probe = make_probe([[5, 5], [42, 5]], [[0, 2], [2, 0]], key='d')
    result = measure_probe(probe, flow, radius=3)
    # At the second point nothing of the first vector arrives, and back.
    assert [p.spill for p in result.points] == [0.0, 0.0]
    assert [p.gain for p in result.points] == [1.0, 0.0]
    # Mean speed of what is farther than 12 px from both points.
    speeds = []
    for row in range(HEIGHT):
        for col in range(WIDTH):
            if all(
                (row - r) ** 2 + (col - c) ** 2 > 12**2
                for r, c in probe.points
            ):
                speeds.append(math.hypot(*flow[row, col]))
    assert result.leakage == pytest.approx(np.mean(speeds) / 2, rel=1e-5)


def test_measure_probe__no_pixel_is_far():
    flow = np.ones((16, 16, 2), dtype=np.float32)
    result = measure_probe(make_probe([[8, 8]], [[1, 0]]), flow, radius=8)
    assert result.leakage is None
    text = json.dumps(result.as_dict())
    assert json.loads(text)['points'][0]['reach_px'] > 0


def test_measure_probe__contradiction_survives_or_not():
    probe = make_probe([[20, 10], [20, 50]], [[4, 0], [-4, 0]], key='c')
    torn = moving_rectangle((4, 0), slice(None), slice(0, 32))
    torn[:, 32:] = -4, 0
    rigid = moving_rectangle((4, 0), slice(None), slice(None))
    assert measure_probe(probe, torn, 4).coherence == pytest.approx(-1)
    assert measure_probe(probe, rigid, 4).coherence == pytest.approx(1)
    assert measure_probe(probe, rigid, 4).coherence_asked == pytest.approx(-1)


def test_measure_probe__point_outside():
    flow = np.zeros((HEIGHT, WIDTH, 2), dtype=np.float32)
    with pytest.raises(ValueError, match=r'point x=64, y=3 is outside'):
        measure_probe(make_probe([[3, 64]], [[1, 0]]), flow)


@pytest.mark.parametrize(
    ('shape', 'radius'), [((384, 384), 16), ((100, 500), 4), ((32, 32), 2)]
)
def test_neighbourhood_px__a_24th_of_the_side(shape, radius):
    assert neighbourhood_px((*shape, 2)) == radius
