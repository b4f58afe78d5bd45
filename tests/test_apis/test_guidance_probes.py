import json

import numpy as np
import pytest
import torch
from mmengine.model import BaseModel
from mmengine.structures import BaseDataElement
from PIL import Image

from mmssl.apis.guidance_probes import run_probes, with_given
from mmssl.evaluation.baselines import nearest_guidance_fill
from mmssl.evaluation.probe_points import ProbePoints, guess_points


class NearestFill(BaseModel):
    """Answers with the nearest guidance vector everywhere."""

    def forward(self, inputs, data_samples=None, mode='tensor'):
        samples = []
        for image, points, vectors in zip(
            inputs['img'],
            inputs['guidance_points'],
            inputs['guidance_vectors'],
        ):
            fill = nearest_guidance_fill(points, vectors, image.shape[1:])
            flow = torch.from_numpy(fill.transpose(2, 0, 1).copy())
            samples.append(BaseDataElement(pred_flow=flow))
        return samples


@pytest.fixture
def image():
    rng = np.random.default_rng(0)
    return rng.integers(0, 255, (96, 128, 3), dtype=np.uint8)


def test_run_probes__numbers_of_a_known_model(image):
    points = ProbePoints(
        parts=np.array([[30, 30], [30, 90]]),
        pair=np.array([[30, 40], [30, 80]]),
        background=np.array([[80, 60]]),
    )
    run = run_probes(NearestFill(), image, points, speed=6.0, seed=3)
    a, _, c, d = run.results
    assert [r.key for r in run.results] == ['a', 'b', 'c', 'd']
    # One vector fills the picture.
    assert a.points[0].reach_px == pytest.approx(np.sqrt(96 * 128 / np.pi))
    assert a.leakage == pytest.approx(1.0)
    assert a.points[0].cosine == pytest.approx(1.0)
    # Contradictions share the picture, half each.
    assert c.coherence == pytest.approx(-1.0)
    halves = [np.pi * p.reach_px**2 for p in c.points]
    assert sum(halves) == pytest.approx(96 * 128)
    # The outlier stays in its cell.
    assert d.points[2].spill == pytest.approx(0.0, abs=1e-5)
    assert d.points[2].gain == pytest.approx(1.0)


def test_run_probes__guesses_points_and_repeats(image):
    one, two = (run_probes(NearestFill(), image) for _ in range(2))
    np.testing.assert_array_equal(
        one.probes[1].points, guess_points(image).parts
    )
    assert one.numbers() == two.numbers()
    other = run_probes(NearestFill(), image, seed=1)
    assert other.numbers() != one.numbers()


def test_probe_run__saved_files(image, tmp_path):
    run = run_probes(NearestFill(), image)
    picture, table = run.save(tmp_path / 'new', checkpoint='x.pth')
    saved = json.loads(table.read_text())
    assert saved['checkpoint'] == 'x.pth'
    assert (saved['width'], saved['height']) == (128, 96)
    assert sorted(saved['probes']) == ['a', 'b', 'c', 'd']
    first = run.results[0].points[0]
    assert saved['probes']['a']['points'][0]['x'] == first.x
    np.testing.assert_array_equal(
        np.asarray(Image.open(picture)), run.figure()
    )


def test_with_given__x_y_become_row_col(image):
    guess = guess_points(image)
    given = with_given(guess, parts=[(5, 7)], background=[(100, 2)])
    np.testing.assert_array_equal(given.parts, [[7, 5]])
    np.testing.assert_array_equal(given.background, [[2, 100]])
    np.testing.assert_array_equal(given.pair, guess.pair)


def test_with_given__counts(image):
    guess = guess_points(image)
    with pytest.raises(ValueError, match=r'pair takes 2 point'):
        with_given(guess, pair=[(1, 1)])
    with pytest.raises(ValueError, match=r'background takes 1 point'):
        with_given(guess, background=[(1, 1), (2, 2)])


def test_run_probes__point_outside(image):
    points = with_given(guess_points(image), background=[(128, 0)])
    with pytest.raises(ValueError, match='outside'):
        run_probes(NearestFill(), image, points)
