"""Coarser classes of people's clothes and bodies, for data sets' own words.

The words are those of Clothing Co-Parsing (59 classes), LIP and ATR. Of a
grouping, those that a data set has are used; a class of the data set that is
in no group is an error that names it.
"""

from __future__ import annotations

from types import MappingProxyType

_HEAD = (
    *('hair', 'hat', 'glasses', 'sunglasses', 'earrings', 'face', 'head'),
    *('Hair', 'Hat', 'Sunglasses', 'Face', 'Head'),
)
_SKIN = (
    *('skin', 'left-arm', 'right-arm', 'left-leg', 'right-leg'),
    *('Left-arm', 'Right-arm', 'Left-leg', 'Right-leg', 'Skin'),
)
_UPPER = (
    *('blazer', 'blouse', 'bra', 'cape', 'cardigan', 'coat', 'hoodie'),
    *('jacket', 'shirt', 'sweater', 'sweatshirt', 't-shirt', 'top', 'vest'),
    *('upper body', 'Upper-clothes', 'Coat', 'Jacket', 'Tops'),
)
_LOWER = (
    *('jeans', 'leggings', 'panties', 'pants', 'shorts', 'skirt', 'tights'),
    *('stockings', 'lower body', 'Pants', 'Skirt', 'Shorts'),
)
_WHOLE = (
    *('bodysuit', 'dress', 'intimate', 'jumper', 'romper', 'suit'),
    *('swimwear', 'Dress', 'Jumpsuits'),
)
_FEET = (
    *('boots', 'clogs', 'flats', 'heels', 'loafers', 'pumps', 'sandals'),
    *('shoes', 'sneakers', 'socks', 'wedges'),
    *('Left-shoe', 'Right-shoe', 'Shoes', 'Socks'),
)
_THINGS = (
    *('accessories', 'bag', 'belt', 'bracelet', 'gloves', 'necklace'),
    *('purse', 'ring', 'scarf', 'tie', 'wallet', 'watch'),
    *('Bag', 'Belt', 'Glove', 'Gloves', 'Scarf'),
)

GROUPINGS = MappingProxyType(
    {
        'people': {
            'background': ('null', 'background', 'Background'),
            'head': _HEAD,
            'skin': _SKIN,
            'upper body': _UPPER,
            'lower body': _LOWER,
            'whole body': _WHOLE,
            'feet': _FEET,
            'things': _THINGS,
        }
    }
)
