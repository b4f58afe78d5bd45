import numpy as np

from mmssl.worlds.puppets.atlas import atlas
from mmssl.worlds.puppets.table import _TURNED
from mmssl.worlds.puppets.wardrobe import Cloth, Wardrobe, limb_cloth


def drawn(count=60, female=True, age='adult'):
    return [
        Wardrobe.draw(np.random.default_rng(i), female, age)
        for i in range(count)
    ]


def test_draw__every_pattern_has_a_tile():
    for wear in drawn():
        for item in wear:
            if isinstance(item, Cloth):
                name = _TURNED.get(item.pattern, item.pattern)
                assert name in atlas().names
                assert item.colours.shape == (3, 3)
                assert (item.colours >= 0).all()
                assert (item.colours <= 255).all()


def test_draw__accessories_in_about_their_shares():
    worn = drawn(250)
    shares = dict(
        glasses=0.22, scarf=0.15, backpack=0.22, handbag=0.2, held=0.1
    )
    for field, share in shares.items():
        found = np.mean([getattr(w, field) is not None for w in worn])
        assert abs(found - share) < 0.07, field
    assert abs(np.mean([bool(w.hat_kind) for w in worn]) - 0.3) < 0.08


def test_draw__what_excludes_each_other():
    for wear in [*drawn(), *drawn(female=False)]:
        whole = wear.upper_kind in ('dress', 'jumpsuit')
        assert (wear.lower_kind == '') == whole
        assert wear.inner is None or wear.upper_kind == 'coat'
        assert wear.sleeves == 2 or wear.upper_kind != 'coat'


def test_draw__men_wear_no_skirts_and_children_are_not_bald():
    for wear in drawn(female=False):
        assert wear.lower_kind != 'skirt'
        assert wear.upper_kind != 'dress'
    for wear in drawn(female=False, age='child'):
        assert wear.hair_kind != 'bald'
        assert wear.face.pattern != 'face_beard'


def test_limb_cloth__prints_stay_on_the_chest():
    colours = np.array([[100.0, 50, 20], [0, 0, 0], [255, 255, 255]])
    sleeve = limb_cloth(Cloth('logo', colours, 1.2))
    assert (sleeve.pattern, sleeve.size) == ('plain', 1.2)
    np.testing.assert_array_equal(sleeve.colours[0], colours[0])
    striped = Cloth('stripes', colours)
    assert limb_cloth(striped) is striped
