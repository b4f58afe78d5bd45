"""Part labels of feature maps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.registry import DefaultScope

from mmssl.clustering import part_label_maps
from mmssl.registry import MODELS

GOLDEN = Path(__file__).parents[2] / 'data' / 'golden' / 'solider.npz'


def build(**options):
    DefaultScope.get_instance('parts', scope_name='mmssl')
    return MODELS.build(dict(type='PartLabels', **options))


def test_golden__label_maps_of_maps():
    with np.load(GOLDEN) as golden:
        maps = torch.from_numpy(golden['parts/features'])
        indices, labels = golden['parts/indices'], golden['parts/labels']
    found = build()(maps)
    assert found.valid.nonzero()[:, 0].tolist() == indices.tolist()
    np.testing.assert_array_equal(found.labels[found.valid], labels)


def test_options__reach_the_clustering():
    maps = torch.randn(6, 5, 6, 4)
    options = dict(
        foreground=False, min_foreground=0.2, max_iters=1, num_init=2
    )
    found = build(num_parts=4, **options)(
        maps, torch.Generator().manual_seed(2)
    )
    tokens = torch.stack([m.reshape(5, 24).T for m in maps])
    wanted = part_label_maps(
        tokens,
        (6, 4),
        4,
        generator=torch.Generator().manual_seed(2),
        **options,
    )
    assert torch.equal(found.labels, wanted.labels)
    assert found.valid.all()
    assert found.labels.max() == 4


def test_mistakes__when_built_and_when_used():
    with pytest.raises(ValueError, match=r'num_parts .* got 0'):
        build(num_parts=0)
    with pytest.raises(ValueError, match=r'num_init .* got 0'):
        build(num_init=0)
    with pytest.raises(ValueError, match=r'max_iters .* got 0'):
        build(max_iters=0)
    with pytest.raises(ValueError, match=r'\[0, 1\), got 50'):
        build(min_foreground=50)
    with pytest.raises(ValueError, match=r'maps of 2x1 .* got 3'):
        build()(torch.rand(1, 4, 2, 1))
