"""The 26 binary attributes of PA-100K, of an identity in a view."""

from __future__ import annotations

import math

import numpy as np

from mmssl.worlds.puppets import Identity

# Names and order of the data set, its spelling too.
ATTRIBUTES = (
    'Female',
    'AgeOver60',
    'Age18-60',
    'AgeLess18',
    'Front',
    'Side',
    'Back',
    'Hat',
    'Glasses',
    'HandBag',
    'ShoulderBag',
    'Backpack',
    'HoldObjectsInFront',
    'ShortSleeve',
    'LongSleeve',
    'UpperStride',
    'UpperLogo',
    'UpperPlaid',
    'UpperSplice',
    'LowerStripe',
    'LowerPattern',
    'LongCoat',
    'Trousers',
    'Shorts',
    'Skirt&Dress',
    'boots',
)
_STRIPED = ('stripes', 'bars')
_PLAID = ('plaid', 'checks')
_PLAIN = ('plain', 'denim', 'leather')


def attribute_labels(identity: Identity, yaw: float) -> np.ndarray:
    """Return which attributes hold.

    They are those of the person, also where a view hides them: as people who
    label see other pictures of the same person, too.

    Args:
        identity: Who it is.
        yaw: Where the body faces, rad: 0 the camera, pi away.

    Returns:
        (26,) uint8, 0 or 1, in the order of :data:`ATTRIBUTES`.

    Source: Liu et al. 2017, HydraPlus-Net, arXiv:1709.09930 (PA-100K).
    Deviates: no sleeves are short ones; jumpsuits have trousers.
    """
    worn = identity.wardrobe
    upper, lower = worn.upper.pattern, worn.lower.pattern
    has_lower = worn.lower_kind != ''
    labels = (
        identity.female,
        identity.age == 'old',
        identity.age == 'adult',
        identity.age == 'child',
        *_view(yaw),
        worn.hat_kind != '',
        worn.glasses is not None,
        worn.handbag is not None,
        worn.shoulder_bag is not None,
        worn.backpack is not None,
        worn.held is not None,
        worn.sleeves < 2,
        worn.sleeves == 2,
        upper in _STRIPED,
        upper == 'logo',
        upper in _PLAID,
        upper == 'splice',
        has_lower and lower in _STRIPED,
        has_lower and lower not in (*_STRIPED, *_PLAIN),
        worn.upper_kind == 'coat',
        worn.lower_kind == 'trousers' or worn.upper_kind == 'jumpsuit',
        worn.lower_kind == 'shorts',
        worn.lower_kind == 'skirt' or worn.upper_kind == 'dress',
        worn.boots,
    )
    return np.array(labels, np.uint8)


def _view(yaw: float) -> tuple[bool, bool, bool]:
    """Return whether the body faces the camera, a side, or away."""
    ahead = math.cos(yaw)
    border = math.cos(math.pi / 4)
    front, back = ahead > border, ahead < -border
    return front, not (front or back), back
