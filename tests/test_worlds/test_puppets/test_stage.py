import numpy as np
import pytest

from mmssl.worlds.puppets.skeleton import Joint
from mmssl.worlds.puppets.stage import Ground


def test_row__of_the_ground():
    ground = Ground(horizon=0.2, eye=1.5, back=0.3)
    np.testing.assert_allclose(ground.row(np.array([0.0, 0.4])), [0.2, 0.8])


def test_at__nearer_people_are_larger_and_lower(crowds):
    for scene, _ in crowds:
        moment = scene.stage.at(0.0)
        count = len(scene.people)
        near = moment.near[:count]
        np.testing.assert_allclose(
            moment.px[:count], 128 * near * scene.stage.stature
        )
        joints = moment.joints[: count * len(Joint)].reshape(count, -1, 3)
        feet = joints[:, Joint.LEFT_TOE : Joint.RIGHT_TOE + 1, 1].max(1)
        rows = 128 * scene.stage.ground.row(near)
        assert np.abs(feet - rows).max() < 0.08 * 128


def test_at__walkers_to_the_camera_grow(alone, persons):
    scene = alone(persons[0], yaw=0.0, action='walk')
    sizes = [scene.stage.at(t).px[0] for t in (0.0, 10.0, 20.0)]
    assert sizes[0] < sizes[1] < sizes[2]
    aside = alone(persons[0], yaw=np.pi / 2, action='walk')
    start, end = (aside.stage.at(t) for t in (0.0, 10.0))
    assert end.px[0] == pytest.approx(start.px[0])
    assert end.joints[0, 0] - start.joints[0, 0] > 5


def test_at__one_foot_of_walkers_rests_on_the_ground(alone, persons):
    scene = alone(persons[0], yaw=np.pi / 2, action='walk')
    ankles = [Joint.LEFT_ANKLE, Joint.RIGHT_ANKLE]
    slips, ways = [], []
    for t in np.arange(0, 40, 0.5):
        here, there = scene.stage.at(t), scene.stage.at(t + 0.5)
        steps = there.joints[ankles, 0] - here.joints[ankles, 0]
        slips.append(abs(steps).min())
        ways.append(there.joints[0, 0] - here.joints[0, 0])
    assert np.mean(slips) < 0.2 * np.mean(ways)
    assert np.std(ways) < 1e-6


def test_at__near_moves_more_when_the_camera_slides(crowds):
    scene, _ = crowds[0]
    still = np.zeros(4)
    path = scene.stage.path._replace(
        speed=still, sway=still, slide=np.array([0.05, 0.0, 0.0])
    )
    stage = scene.stage._replace(path=path)
    clutter = [i for i, thing in enumerate(stage.things) if not thing.speed]
    first = len(scene.people) * len(Joint)
    steps = (stage.at(4.0).joints - stage.at(0.0).joints)[first:, 0]
    for i in clutter:
        near = stage.things_at.near[i]
        middle = steps[2 * i : 2 * i + 2].mean()
        assert middle == pytest.approx(-0.2 * near * 128, rel=1e-6)
