import numpy as np
import pytest

from mmssl.worlds.puppets.motion import ACTIONS, Motion, stack


def drawn(action=None, seed=0, **options):
    return Motion.draw(np.random.default_rng(seed), action, **options)


@pytest.mark.parametrize('action', sorted(set(ACTIONS)))
def test_pose__is_smooth(action):
    motion = stack([drawn(action, seed) for seed in range(10)])
    step = 1e-3
    for t in (0.0, 7.3, 100.0):
        before, after = motion.pose(t), motion.pose(t + step)
        for one, two in zip(before, after):
            assert np.abs(two - one).max() < 1.5 * step


def test_pose__of_a_stack_is_that_of_each():
    motions = [drawn(None, seed) for seed in range(4)]
    together = stack(motions).pose(3.0)
    for i, motion in enumerate(motions):
        for all_, one in zip(together, stack([motion]).pose(3.0)):
            np.testing.assert_array_equal(all_[i], one[0])


def test_pose__walkers_swing_legs_against_each_other():
    motion = stack([drawn('walk', 3)])
    times = np.linspace(0, 40, 200)
    thighs = np.array([motion.pose(t).limbs[0, [4, 6], 0] for t in times])
    shins = np.array([motion.pose(t).limbs[0, [5, 7], 0] for t in times])
    arms = np.array([motion.pose(t).limbs[0, [0, 2], 0] for t in times])
    assert np.corrcoef(thighs.T)[0, 1] < -0.95
    assert np.corrcoef(thighs[:, 0], arms[:, 0])[0, 1] < -0.9
    # Knees bend backwards only.
    assert (thighs - shins).min() > -0.05
    assert (thighs - shins).max() > 0.3


def test_pose__waving_lifts_a_forearm_above_the_shoulder():
    high = 0
    for seed in range(10):
        motion = stack([drawn('wave', seed)])
        lifts = [motion.pose(t).limbs[0, [1, 3], 1].max() for t in range(30)]
        high += max(lifts) > np.pi / 2
    assert high >= 8


def test_path__is_the_integral_of_speed_along_the_yaw():
    motion = drawn('walk', 5)
    motion.yaw[:] = [0.4, 0.05, 0.0]
    motion = stack([motion])
    way, step = np.zeros(2), 0.01
    for k in range(1000):
        yaw = motion.yaw_at((k + 0.5) * step)[0]
        way += motion.speed[0] * step * np.array([np.sin(yaw), np.cos(yaw)])
    np.testing.assert_allclose(motion.path(10.0)[0], way, rtol=1e-4)


def test_path__only_walkers_go_anywhere():
    for action in ('stand', 'turn', 'wave', 'pose'):
        assert not stack([drawn(action)]).path(30.0).any()
    assert np.hypot(*stack([drawn('walk')]).path(30.0)[0]) > 0.5


def test_draw__holding_brings_hands_together():
    motion = stack([drawn('stand', 2, holds=True)])
    limbs = motion.pose(0.0).limbs[0]
    assert (limbs[[1, 3], 0] > 1).all()
    assert (limbs[[1, 3], 1] < 0).all()


def test_stack__of_nobody():
    pose = stack([]).pose(0.0)
    assert pose.limbs.shape == (0, 8, 2)
    assert pose.yaw.shape == (0,)


def test_draw__refuses_unknown_action():
    with pytest.raises(ValueError, match=r"'pose', 'stand'.*got 'swim'"):
        drawn('swim')
