import numpy as np
import pytest

from mmssl.worlds.puppets.camera import Lighting
from mmssl.worlds.puppets.shadows import shadow_ellipses, shadow_mask

DARK = Lighting(0.0, 0.3, 0.0, 0.5)


def test_shadow_mask__dark_inside_bright_outside():
    mask = shadow_mask(np.array([[80.0, 60.0, 60.0, 30.0]]), DARK, (128, 192))
    assert mask.shape == (128, 192)
    assert mask[60, 80] == pytest.approx(0.5, abs=0.01)
    assert mask[60, 160] == mask[120, 80] == 1
    area = (1 - mask).sum() / 0.5
    assert area == pytest.approx(np.pi * 60 * 30, rel=0.12)


def test_shadow_mask__outside_the_frame_and_none():
    away = np.array([[500.0, 30.0, 20.0, 10.0], [-1e6, 0, 5, 5]])
    assert (shadow_mask(away, DARK, (64, 96)) == 1).all()
    assert (shadow_mask(np.zeros((0, 4)), DARK, (64, 96)) == 1).all()


def test_shadow_ellipses__lie_at_the_feet_away_from_the_light(alone, persons):
    scene = alone(persons[0])
    moment = scene.stage.at(0.0)
    frame = scene.render()
    x, y, wide, high = shadow_ellipses(moment, 1, 0.0)[0]
    box = frame.people[0].full_box_xyxy
    assert abs(y - box[3]) < 0.06 * (box[3] - box[1])
    assert box[0] < x < box[2]
    assert wide > high
    left = shadow_ellipses(moment, 1, 1.0)[0]
    assert left[0] == pytest.approx(x - 0.6 * wide)


def test_shadows__fall_on_the_ground_only(alone, persons):
    scene = alone(persons[0])
    scene.light = Lighting(0.0, 0.0, 0.0, 0.0)
    bright = scene.render().image.astype(int)
    scene.light = DARK._replace(strength=0.0)
    dark = scene.render().image.astype(int)
    ground = scene._moment(0.0).raster.ids == len(scene.table.owner) - 1
    darker = (bright - dark).mean(-1) > 8
    assert darker.sum() > 50
    assert (ground[darker]).all()
