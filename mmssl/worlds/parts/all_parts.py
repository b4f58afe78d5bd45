"""Who makes which part of a world."""

from __future__ import annotations

from collections.abc import Mapping

from mmssl.worlds.parts.base import Part
from mmssl.worlds.parts.flow import FlowPart
from mmssl.worlds.parts.market1501 import MarketPart
from mmssl.worlds.parts.pa100k import Pa100kPart
from mmssl.worlds.parts.people import LipPart, PeoplePart
from mmssl.worlds.parts.prw import PrwPart
from mmssl.worlds.parts.scenes import ScenesPart

PART_WRITERS: Mapping[str, Part] = {
    'flow': FlowPart(),
    'scenes': ScenesPart(),
    'people': PeoplePart(),
    'lip': LipPart(),
    'market1501': MarketPart(),
    'pa100k': Pa100kPart(),
    'prw': PrwPart(),
}
