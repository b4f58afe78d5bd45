"""Items of splits."""

from mmssl.worlds.parts.base import (
    Item,
    PicturesPart,
    numbered,
    picture_cost,
)
from mmssl.worlds.world_settings import settings_of


def test_numbered__split_after_split():
    assert numbered(dict(train=2, val=1)) == [
        Item('train', 0),
        Item('train', 1),
        Item('val', 0),
    ]


def test_picture_cost__grows_with_the_area():
    small, large = settings_of('tiny'), settings_of('tiny', person_px=128)
    assert picture_cost(large) == 4 * picture_cost(small)


def test_pictures_part__has_an_item_for_each_picture():
    settings = settings_of('tiny')
    part = PicturesPart('lip')
    assert part.counts(settings, []) == settings.counts['lip']
    assert part.items(settings) == numbered(settings.counts['lip'])
    assert part.cost(settings) == picture_cost(settings)
