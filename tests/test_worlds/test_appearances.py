"""Who is seen by which camera, and file names."""

import re
from collections import Counter

import numpy as np
import pytest

from mmssl.worlds.appearances import GROUP, appearance_plan, market_name


@pytest.mark.parametrize(('identities', 'cameras'), [(1, 2), (7, 3), (9, 1)])
def test_appearance_plan__each_camera_sees_each_once(identities, cameras):
    plan = appearance_plan(identities, cameras, np.random.default_rng(0))
    seen = Counter((s.camera, i) for s in plan for i in s.identities)
    pairs = {(c, i) for c in range(cameras) for i in range(identities)}
    assert seen == dict.fromkeys(pairs, 1)
    assert max(len(scene.identities) for scene in plan) <= GROUP


def test_appearance_plan__company_changes():
    plan = appearance_plan(12, 4, np.random.default_rng(0))
    groups = {frozenset(scene.identities) for scene in plan}
    assert len(groups) > 4


# the pattern that readers of the published data set use
MARKET = re.compile(r'([-\d]+)_c(\d)')


@pytest.mark.parametrize('identity', [1, 1501, 0, -1])
def test_market_name__is_read_by_the_usual_pattern(identity):
    name = market_name(identity, 5, 2, 151, 1)
    pid, camera = map(int, MARKET.search(name).groups())
    assert (pid, camera) == (identity, 6)
    assert name.endswith('s2_000151_01.jpg')
