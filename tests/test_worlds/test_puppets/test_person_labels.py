import numpy as np
import pytest

from mmssl.worlds.puppets import KEYPOINTS, Identity, Part

LIMBS = dict(
    left_wrist=(Part.LEFT_ARM, Part.GLOVE),
    right_wrist=(Part.RIGHT_ARM, Part.GLOVE),
    left_knee=(Part.LEFT_LEG, Part.PANTS, Part.SKIRT, Part.LEFT_SHOE),
    right_knee=(Part.RIGHT_LEG, Part.PANTS, Part.SKIRT, Part.RIGHT_SHOE),
    nose=(Part.FACE, Part.SUNGLASSES),
)
CLOTHES = (
    *(Part.UPPER_CLOTHES, Part.COAT, Part.DRESS, Part.JUMPSUITS),
    Part.SOCKS,
)


def test_keypoints__seen_ones_lie_in_their_person_and_part(crowds):
    checked = 0
    for _, frame in crowds:
        for i, person in enumerate(frame.people):
            for name, (x, y, v) in zip(KEYPOINTS, person.keypoints):
                if v != 2:
                    continue
                row, col = round(y), round(x)
                part = frame.parts[row, col]
                # A bag or what is held may lie on top of a hand.
                if part:
                    assert frame.instances[row, col] == i + 1
                if name in LIMBS and part:
                    assert part in (*LIMBS[name], *CLOTHES), name
                    checked += 1
    assert checked > 20


def test_keypoints__outside_the_frame_are_zero(crowds):
    outside = 0
    for _, frame in crowds:
        for person in frame.people:
            x, y, v = person.keypoints.T
            inside = (x > -0.5) & (x < 127.5) & (y > -0.5) & (y < 127.5)
            assert inside.all()
            assert not person.keypoints[v == 0].any()
            outside += (v == 0).sum()
    assert outside > 0


def test_keypoints__left_and_right_change_sides_with_the_yaw(alone, persons):
    person = persons[0]
    pairs = [(k, k + 1) for k in range(5, 17, 2)]
    for yaw, sign in ((0.0, 1), (np.pi, -1)):
        points = alone(person, yaw).render().people[0].keypoints
        for left, right in pairs:
            assert sign * (points[left, 0] - points[right, 0]) > 1


def test_keypoints__face_is_hidden_from_behind(alone, persons):
    person = persons[1]
    front = alone(person, 0.0).render().people[0]
    behind = alone(person, np.pi).render().people[0]
    assert front.yaw == 0
    assert (behind.keypoints[:3, 2] == 1).all()
    # Eyes may be under a hat; the nose never is.
    assert front.keypoints[0, 2] == 2


def test_keypoints__far_side_is_hidden_in_profile(alone, persons):
    """Facing right, the left shoulder and hip are behind the body."""
    for person in persons[2:6]:
        points = alone(person, np.pi / 2).render().people[0].keypoints
        shoulders, hips = points[[5, 6], 2], points[[11, 12], 2]
        assert shoulders[0] == 1
        assert hips[0] == 1
        assert points[4, 2] == 2 or person.wardrobe.hat_kind
        assert points[3, 2] == 1


def test_keypoints__standing_in_order_from_top_to_bottom(alone, persons):
    for person in persons[:5]:
        y = alone(person).render().people[0].keypoints[:, 1]
        chain = [y[0], y[[5, 6]].mean(), y[[11, 12]].mean()]
        chain += [y[[13, 14]].mean(), y[[15, 16]].mean()]
        assert (np.diff(chain) > 10).all()


def test_states__somebody_outside_has_nothing(alone, persons):
    scene = alone(persons[3])
    away = scene.stage.people_at._replace(x=np.array([9.0]))
    scene.stage = scene.stage._replace(people_at=away)
    person = scene.render().people[0]
    assert person.visibility == 0
    assert not person.box_xyxy.any()
    assert not person.keypoints.any()


@pytest.mark.parametrize('yaw', [0.0, 1.0, -2.0])
def test_states__alone_is_fully_visible(alone, yaw):
    person = Identity.draw(np.random.default_rng(21))
    state = alone(person, yaw).render().people[0]
    assert state.visibility == 1
    np.testing.assert_array_equal(state.box_xyxy, state.full_box_xyxy)
    assert state.yaw == pytest.approx(yaw)
