import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmssl.worlds.puppets.identity import Identity
from mmssl.worlds.puppets.skeleton import Joint, Pose, Proportions, joints


def body(*persons):
    sizes = np.array([p.proportions for p in persons])
    return Proportions(*sizes.T)


def pose(count=1, limbs=0.0, yaw=0.0, head=0.0):
    zero = np.zeros(count)
    return Pose(
        np.broadcast_to(np.asarray(limbs, float), (count, 8, 2)).copy(),
        *(zero + yaw, zero + head, zero, zero, zero),
    )


def test_joints__standing_straight():
    person = Identity.draw(np.random.default_rng(0))
    size = person.proportions
    points = joints(body(person), pose())[0]
    knee, ankle = points[Joint.LEFT_KNEE], points[Joint.LEFT_ANKLE]
    hip, neck = points[Joint.LEFT_HIP], points[Joint.NECK]
    assert knee[1] - hip[1] == pytest.approx(size.leg / 2)
    assert ankle[1] - knee[1] == pytest.approx(size.leg / 2)
    assert points[Joint.PELVIS][1] - neck[1] == pytest.approx(size.torso)
    # Facing the camera, the left is at the right of the image.
    assert hip[0] == pytest.approx(size.hip)
    assert points[Joint.RIGHT_SHOULDER][0] == pytest.approx(-size.shoulder)
    feet = points[[Joint.LEFT_TOE, Joint.RIGHT_TOE, Joint.LEFT_ANKLE]]
    assert feet[:, 1].max() == pytest.approx(-size.foot / 4)


def test_joints__of_one_unit_in_height():
    """People of stature 1 are about 1 high."""
    persons = [Identity.draw(np.random.default_rng(i)) for i in range(50)]
    points = joints(body(*persons), pose(50))
    tall = -points[:, Joint.CROWN, 1]
    assert abs(tall.mean() - 1) < 0.03
    assert tall.std() < 0.05


def test_joints__arm_forward_and_sideways():
    person = Identity.draw(np.random.default_rng(1))
    limbs = np.zeros((8, 2))
    limbs[0] = limbs[1] = [np.pi / 2, 0]  # left arm straight ahead
    limbs[2] = limbs[3] = [0, np.pi / 2]  # right arm out
    points = joints(body(person), pose(limbs=limbs))[0]
    ahead = points[Joint.LEFT_WRIST] - points[Joint.LEFT_SHOULDER]
    out = points[Joint.RIGHT_WRIST] - points[Joint.RIGHT_SHOULDER]
    arm = person.proportions.arm
    np.testing.assert_allclose(ahead, [0, 0, arm], atol=1e-12)
    np.testing.assert_allclose(out, [-arm, 0, 0], atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(yaw=st.floats(-10, 10), seed=st.integers(0, 1000))
def test_joints__turning_is_a_rotation(yaw, seed):
    rng = np.random.default_rng(seed)
    person = Identity.draw(rng)
    limbs = rng.uniform(-1, 1, (8, 2))
    front = joints(body(person), pose(limbs=limbs))[0]
    turned = joints(body(person), pose(limbs=limbs, yaw=yaw))[0]
    cos, sin = np.cos(yaw), np.sin(yaw)
    # Forward (towards the camera) goes to the right of the image.
    rotation = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    np.testing.assert_allclose(turned, front @ rotation.T, atol=1e-12)


def test_joints__head_turns_to_the_left():
    person = Identity.draw(np.random.default_rng(2))
    still, turned = (
        joints(body(person), pose(head=angle))[0] for angle in (0, 0.5)
    )
    assert turned[Joint.VISOR, 0] - still[Joint.VISOR, 0] > 0.02
    np.testing.assert_allclose(turned[Joint.NECK], still[Joint.NECK])


def test_joints__bones_keep_their_lengths():
    rng = np.random.default_rng(3)
    person = Identity.draw(rng)
    size = person.proportions
    for _ in range(20):
        limbs = rng.uniform(-1.5, 1.5, (8, 2))
        points = joints(body(person), pose(limbs=limbs, yaw=1.0))[0]
        for start, end, length in (
            (Joint.LEFT_SHOULDER, Joint.LEFT_ELBOW, 0.53 * size.arm),
            (Joint.RIGHT_ELBOW, Joint.RIGHT_WRIST, 0.47 * size.arm),
            (Joint.LEFT_HIP, Joint.LEFT_KNEE, 0.5 * size.leg),
            (Joint.CHIN, Joint.CROWN, size.head),
        ):
            far = np.linalg.norm(points[end] - points[start])
            assert far == pytest.approx(length)
