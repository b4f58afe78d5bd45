"""Generated data is read by the datasets that it replaces."""

from __future__ import annotations

import numpy as np
import pytest
from mmengine.config import ConfigDict

from mmssl.datasets import FlowPairDataset
from mmssl.engine.profiling import synthetic_data
from mmssl.engine.profiling.synthetic_data import (
    use_synthetic_data,
    write_pairs,
)
from mmssl.registry import DATASETS


def loader(**dataset):
    return ConfigDict(dict(dataset=dataset))


@pytest.mark.parametrize('kind', ['jpg', 'flo'])
def test_write_pairs__published_size(tmp_path, kind):
    listing = write_pairs(tmp_path, count=2, kind=kind)
    data = FlowPairDataset(
        listing.name,
        flow_file_type=kind,
        data_root=str(tmp_path),
        pipeline=[dict(type='LoadImageRGB'), dict(type='LoadFlow')],
    )
    for i in range(2):
        sample = data[i]
        assert sample['img'].shape == (272, 640, 3)
        assert sample['flow'].shape == (272, 640, 2)
        assert 5 < np.abs(sample['flow']).max() < 50


@pytest.mark.parametrize('kind', ['jpg', 'flo'])
def test_use__pairs(tmp_path, kind):
    cfg = loader(
        type='FlowPairDataset',
        data_root='gone',
        ann_file=['a.txt', 'b.txt'],
        flow_file_type=kind,
    )
    use_synthetic_data(cfg, tmp_path, count=3)
    assert len(DATASETS.build(cfg.dataset)) == 3


def test_use__videos(tmp_path, monkeypatch):
    monkeypatch.setattr(synthetic_data, 'VIDEO_HW', (64, 96))
    cfg = loader(
        type='mmssl.VideoPairDataset',
        data_root='gone',
        videos='train',
        short_size=64,
    )
    use_synthetic_data(cfg, tmp_path, count=4)
    data = DATASETS.build(cfg.dataset)
    assert len(data) == 3
    assert data[0]['flow'].shape == (64, 96, 2)


@pytest.mark.parametrize('listed', [False, True])
@pytest.mark.parametrize('labels', [None, 'folders', 'list'])
def test_use__photos(tmp_path, monkeypatch, listed, labels):
    if listed == (labels == 'folders'):
        labels = None
    monkeypatch.setattr(synthetic_data, 'PHOTO_HW', ((24, 32), (32, 24)))
    cfg = loader(
        type='ImageFolder',
        data_root='gone',
        data_prefix='train',
        ann_file='meta/train.txt' if listed else '',
        labels=labels,
        pipeline=[dict(type='LoadImageRGB')],
    )
    cfg.batch_size = 5  # an epoch has one whole batch at least
    use_synthetic_data(cfg, tmp_path, count=2)
    data = DATASETS.build(cfg.dataset)
    assert len(data) == 5
    assert {data[i]['img'].shape for i in range(5)} == {
        (24, 32, 3),
        (32, 24, 3),
    }
    if labels:
        assert {data[i]['gt_label'] for i in range(5)} == {0, 1}
    else:
        assert 'gt_label' not in data[0]


@pytest.mark.parametrize('listed', [False, True])
def test_use__people_where_views_are_upright(tmp_path, monkeypatch, listed):
    monkeypatch.setattr(synthetic_data, 'PERSON_HW', (48, 24))
    views = [
        [dict(type='RandomResizedCropView', size=size, ratio=(0.4, 0.6))]
        for size in ((32, 16), (16, 8))
    ]
    cfg = loader(
        type='ImageFolder',
        data_root='gone',
        data_prefix='images',
        ann_file='names.txt' if listed else '',
        pipeline=[
            dict(type='LoadImageRGB'),
            dict(type='MultiViewGeometry', num_views=(2, 1), views=views),
            dict(type='PackViews'),
        ],
    )
    cfg.batch_size = 3
    use_synthetic_data(cfg, tmp_path, count=2)
    data = DATASETS.build(cfg.dataset)
    assert len(data) == 3
    assert [tuple(view.shape) for view in data[0]['inputs']] == [
        *((3, 32, 16), (3, 32, 16), (3, 16, 8))
    ]
    assert data[0]['data_samples'].ori_shape == (48, 24)


def test_use__inside_wrappers(tmp_path):
    inner = dict(type='mmssl.FlowPairDataset', ann_file='gone.txt')
    both = [inner, dict(inner)]
    cfg = loader(type='ConcatDataset', datasets=both)
    use_synthetic_data(cfg, tmp_path / 'a', count=2)
    assert len(DATASETS.build(cfg.dataset)) == 4
    cfg = loader(type='RepeatDataset', times=3, dataset=inner)
    use_synthetic_data(cfg, tmp_path / 'b', count=2)
    assert len(DATASETS.build(cfg.dataset)) == 6


def test_use__unknown_types_are_named(tmp_path):
    with pytest.raises(ValueError, match='MyData; known: FlowPairDataset'):
        use_synthetic_data(loader(type='MyData'), tmp_path)
