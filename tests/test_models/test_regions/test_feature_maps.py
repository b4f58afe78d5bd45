"""Maps are picked, and what is none is told."""

import pytest
import torch

from mmssl.models.regions.feature_maps import check_map, pick_stage

MAPS = tuple(torch.zeros(1, 2**i, 8 >> i, 8 >> i) for i in range(3))


@pytest.mark.parametrize('stage', [-3, -1, 0, 2])
def test_pick__counts_from_both_ends(stage):
    assert pick_stage(MAPS, stage) is MAPS[stage]


@pytest.mark.parametrize('stage', [-4, 3])
def test_pick__no_such_stage(stage):
    with pytest.raises(ValueError, match=f'stage {stage}.*gives 3.*indices'):
        pick_stage(MAPS, stage)


def test_check__no_map():
    with pytest.raises(TypeError, match=r"\(2, 192\).*out_type='featmap'"):
        check_map(torch.zeros(2, 192))
    assert check_map(MAPS[0]) is MAPS[0]
