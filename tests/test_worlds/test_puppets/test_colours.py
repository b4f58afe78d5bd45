import numpy as np

from mmssl.worlds.puppets.colours import (
    draw_cloth,
    draw_hair,
    draw_scenery,
    draw_second,
    draw_skin,
)


def many(draw, count=300):
    rng = np.random.default_rng(0)
    return np.stack([draw(rng) for _ in range(count)])


def test_draw_skin__from_dark_to_light():
    skin = many(draw_skin)
    assert (skin >= 0).all()
    assert (skin <= 255).all()
    light = skin.mean(1)
    assert light.min() < 70
    assert light.max() > 190
    # Red above green above blue, up to the small change of each.
    assert (skin[:, 0] > skin[:, 2]).mean() > 0.99


def test_draw_hair__greys_with_age():
    old = many(lambda rng: draw_hair(rng, True))
    young = many(lambda rng: draw_hair(rng, False))
    assert old.mean() > young.mean() + 40


def test_draw_cloth__no_colour_is_missing():
    """Also those of skin: the nearest cloth to any skin is near."""
    cloth, skin = many(draw_cloth, 1000), many(draw_skin, 50)
    far = np.linalg.norm(cloth[None] - skin[:, None], axis=-1).min(1)
    assert far.max() < 40
    assert (cloth.max(0) > 230).all()
    assert (cloth.min(0) < 15).all()


def test_draw_second__is_not_the_first():
    rng = np.random.default_rng(0)
    first = [draw_cloth(rng) for _ in range(200)]
    far = [np.linalg.norm(draw_second(rng, c) - c) for c in first]
    plain = [np.linalg.norm(draw_cloth(rng) - c) for c in first]
    assert np.mean(far) > 1.2 * np.mean(plain)


def test_draw_scenery__three_that_go_together():
    scenery = many(draw_scenery)
    assert scenery.shape == (300, 3, 3)
    assert (scenery >= 0).all()
    assert (scenery <= 255).all()
    within = scenery.std(1).mean()
    assert within < 0.8 * scenery[:, 0].std(0).mean()
