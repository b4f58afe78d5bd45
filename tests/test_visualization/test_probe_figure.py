import numpy as np
import pytest

from mmssl.evaluation.guidance_probes import build_probes
from mmssl.evaluation.probe_points import ProbePoints
from mmssl.evaluation.probe_results import measure_probe
from mmssl.visualization.flow_color import flow_to_rgb
from mmssl.visualization.layout import GAP_PX, caption_height
from mmssl.visualization.probe_figure import draw_probes, summary_lines

SIDE = 224


@pytest.fixture
def run():
    points = ProbePoints(
        parts=np.array([[60, 60], [60, 160], [160, 60]]),
        pair=np.array([[60, 50], [60, 70]]),
        background=np.array([[200, 200]]),
    )
    probes = build_probes(points, np.random.default_rng(0), speed=8.0)
    flows = [
        np.full((SIDE, SIDE, 2), n + 1, dtype=np.float32) for n in range(4)
    ]
    results = [measure_probe(p, f) for p, f in zip(probes, flows)]
    return probes, flows, results


def test_draw_probes__a_column_for_each(run):
    probes, flows, results = run
    image = np.full((SIDE, SIDE, 3), 90, dtype=np.uint8)
    figure = draw_probes(image, probes, flows, results)
    side = SIDE + 2
    assert figure.shape[1] == 4 * side + 3 * GAP_PX
    caption = caption_height(side)
    for n, flow in enumerate(flows):
        left = n * (side + GAP_PX)
        column = figure[:, left : left + side]
        shown = column[caption + 1 : caption + 1 + SIDE, 1:-1]
        assert (shown == 90).all(axis=-1).mean() > 0.9
        top = 2 * caption + side + 2 + 1
        predicted = column[top : top + SIDE, 1:-1]
        # The fastest guidance vector, 8 px, is the end of the scale.
        expected = flow_to_rgb(flow[:1, :1], 8.0)[0, 0]
        assert (predicted == expected).all(axis=-1).mean() > 0.9
        assert (predicted != expected).any()  # the arrows


def test_summary_lines__say_what_each_probe_asks(run):
    _, _, (a, b, c, d) = run
    point = a.points[0]
    assert summary_lines(a) == (
        f'follows: cos {point.cosine:.2f}, reach {point.reach_px:.0f} px',
        f'leakage {a.leakage:.2f}',
    )
    assert summary_lines(b)[1] == (
        f'coherence +1.00, asked {b.coherence_asked:+.2f}'
    )
    assert summary_lines(c)[1] == 'coherence +1.00, asked -1.00'
    # Of (d) the outlier counts, which is the last point.
    assert summary_lines(d) == (
        f'follows: cos {d.points[-1].cosine:.2f}, '
        f'reach {d.points[-1].reach_px:.0f} px',
        f'spill onto the object {d.points[-1].spill:+.2f}',
    )
