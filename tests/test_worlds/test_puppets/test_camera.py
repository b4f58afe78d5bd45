import numpy as np
import pytest

from mmssl.worlds.puppets.camera import CameraLook, CameraPath, Lighting


def test_view__starts_at_rest():
    for seed in range(5):
        path = CameraPath.draw(np.random.default_rng(seed))
        view = path.view(0.0, (100, 150))
        np.testing.assert_allclose(view, [[100, 0, 0], [0, 100, 0]], atol=1e-9)
        assert path.travel(0.0) == 0


def test_view__zoom_and_roll_keep_the_middle():
    still = np.zeros(4)
    path = CameraPath(np.array([0, 0, 0.1, 0.2]), *(still,) * 3, np.zeros(3))
    view = path.view(2.0, (100, 150))
    middle = view[:, :2] @ [0.75, 0.5] + view[:, 2]
    np.testing.assert_allclose(middle, [75, 50])
    zoom = np.sqrt(np.linalg.det(view[:, :2])) / 100
    assert zoom == pytest.approx(np.exp(0.4))
    assert np.arctan2(view[1, 0], view[0, 0]) == pytest.approx(0.2)


def test_draw__no_strength_no_motion():
    path = CameraPath.draw(np.random.default_rng(1), 0.0)
    np.testing.assert_allclose(
        path.view(50.0, (10, 10)), path.view(0, (10, 10))
    )
    assert path.travel(50.0) == 0


def test_draw__some_move_and_some_rest():
    paths = [CameraPath.draw(np.random.default_rng(i)) for i in range(60)]
    way = [
        np.abs(p.view(5.0, (256, 256))[:, 2] + p.travel(5.0)).max()
        for p in paths
    ]
    assert 10 < (np.array(way) < 1.5).sum() < 50


def test_curve__gain_cast_and_gamma():
    look = CameraLook(1.2, np.array([1.0, 0.5, 1.0]), 2.0, 0.0, 0.0)
    curve = look.curve()
    assert curve.dtype == np.uint8
    assert curve[100, 0] == round(255 * (1.2 * 100 / 255) ** 2)
    assert curve[100, 1] == round(255 * (0.6 * 100 / 255) ** 2)
    assert curve[255, 0] == 255
    assert (CameraLook.plain().curve() == np.arange(256)[:, None]).all()


def test_draw__looks_and_lights_differ():
    rng = np.random.default_rng(0)
    looks = np.array([CameraLook.draw(rng).curve() for _ in range(40)], float)
    assert looks[:, 128].std(0).min() > 10
    lights = np.array([Lighting.draw(rng) for _ in range(40)])
    assert (lights.std(0) > 0.05).all()
    assert (np.abs(lights) <= 1).all()
