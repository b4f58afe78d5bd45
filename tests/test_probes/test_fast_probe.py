import pytest
import torch
from torch.nn import functional as F

from mmssl.probes.checkpoint_backbone import CheckpointBackbone
from mmssl.probes.extraction import Features
from mmssl.probes.fast_probe import (
    features_of,
    knn_accuracy,
    linear_accuracy,
)
from mmssl.probes.protocol_config import find_data, protocol_config
from mmssl.testing.toy_images import make_toy_images

FOUND = CheckpointBackbone(
    'a.pth',
    'backbone.',
    dict(type='MobileNetV2', widen_factor=0.35),
    'MobileNetV2',
    'names',
)


def rows(n, seed):
    """Features whose sign in one of three channels is the class."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(3, (n,), generator=generator)
    values = 0.2 * torch.randn(n, 3, generator=generator)
    return Features(values + 2 * torch.eye(3)[labels], labels, torch.arange(n))


def test_accuracies__on_features_that_tell():
    train, val = rows(60, 0), rows(40, 1)
    assert linear_accuracy(train, val, 3).top1 == 100
    assert linear_accuracy(train, val, 3, l2=0.1).top1 == 100
    assert knn_accuracy(train, val, 3, k=5).top1 == 100
    cosines = F.normalize(val.values) @ F.normalize(train.values).T
    flipped = train._replace(labels=(train.labels + 1) % 3)
    assert knn_accuracy(flipped, val, 3, k=1).top1 == 0
    nearest = train.labels[cosines.argmax(1)]
    share = (nearest == val.labels).float().mean()
    assert knn_accuracy(train, val, 3, k=1).top1 == pytest.approx(100 * share)


@pytest.mark.parametrize('statistics', ['running', 'batch'])
def test_features__are_those_of_the_validation_pipeline(tmp_path, statistics):
    make_toy_images(tmp_path, n=6, size=((40, 48), (48, 40)), classes=2)
    data = find_data(tmp_path, val_share=0.5)
    cfg = protocol_config(
        'linear', FOUND, data, size=32, workers=0, random=True
    )
    cfg.model.statistics = statistics
    before = torch.get_rng_state()
    train, val = features_of(cfg, seed=3)
    assert torch.equal(torch.get_rng_state(), before)
    assert train.values.shape == (3, 1280)
    assert sorted([*train.labels, *val.labels]) == [0, 0, 0, 1, 1, 1]
    again, _ = features_of(cfg, seed=3)
    other, _ = features_of(cfg, seed=4)
    assert torch.equal(train.values, again.values)
    assert not torch.equal(train.values, other.values)
