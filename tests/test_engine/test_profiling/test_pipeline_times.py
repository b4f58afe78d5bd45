"""Every step of every sample, with a clock that transforms advance."""

from __future__ import annotations

import pytest
from mmengine.dataset import BaseDataset, ConcatDataset, RepeatDataset

from mmssl.datasets import FlowPairDataset
from mmssl.engine.profiling.pipeline_times import (
    medians,
    own_dataset,
    pipeline_table,
    slowest,
    time_pipeline,
)
from mmssl.io.errors import DataFileError
from mmssl.testing.toys import make_toy_flow_list


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


class Takes:
    """A transform that lets the clock go on."""

    def __init__(self, clock, seconds):
        self.clock, self.seconds = clock, seconds

    def __call__(self, results):
        self.clock.now += self.seconds
        return results


class Refuses:
    """A transform that refuses every second sample, in turns of two ways."""

    calls = 0

    def __call__(self, results):
        self.calls += 1
        if self.calls % 4 == 1:
            return None
        if self.calls % 4 == 3:
            raise DataFileError('x.jpg', 'it is broken')
        return results


class Numbers(BaseDataset):
    METAINFO = dict()

    def load_data_list(self):
        return [dict(x=i) for i in range(5)]


def test_time_pipeline__advances_by_each_transform():
    clock = Clock()
    data = Numbers(pipeline=[Takes(clock, 2.0), Takes(clock, 3.0)])
    transforms = data.pipeline.transforms
    seconds = time_pipeline(data, 3, clock=clock)
    assert seconds == {
        'get sample': [0, 0, 0],
        '0 Takes': [2, 2, 2],
        '1 Takes': [3, 3, 3],
    }
    assert clock.now == 5.0 * (3 + 10)  # ten to warm up
    assert data.pipeline.transforms is transforms
    assert data[0]['x'] == 0


def test_time_pipeline__refused_samples_do_not_count():
    data = Numbers(pipeline=[Refuses()])
    seconds = time_pipeline(data, 8, warm_up=0)
    assert [len(v) for v in seconds.values()] == [4, 4]
    data = Numbers(pipeline=[lambda results: None])
    with pytest.raises(ValueError, match='refused every sample'):
        time_pipeline(data, 2)


def test_time_pipeline__wrapped_and_lazy(tmp_path):
    listing = make_toy_flow_list(tmp_path)
    data = FlowPairDataset(
        listing.name,
        data_root=str(tmp_path),
        lazy_init=True,
        pipeline=[dict(type='LoadFlow'), dict(type='ReverseFlow')],
    )
    wrapped = ConcatDataset([data, data])
    assert own_dataset(wrapped) is data
    assert own_dataset(RepeatDataset(data, 2)) is data
    seconds = time_pipeline(wrapped, 3)
    assert list(seconds) == ['get sample', '0 LoadFlow', '1 ReverseFlow']
    assert all(len(values) == 3 for values in seconds.values())
    assert min(seconds['0 LoadFlow']) > 0
    with pytest.raises(ValueError, match='list has no pipeline'):
        own_dataset([1, 2])


SECONDS = {'get sample': [0.001, 0.002, 0.009], '0 A': [0.003] * 3}


def test_medians_and_slowest():
    assert medians(SECONDS) == pytest.approx(
        {'get sample': 0.002, '0 A': 0.003, 'all': 0.005}
    )
    assert slowest(SECONDS) == ('A', pytest.approx(0.6))
    name, _ = slowest({'get sample': [5.0], '0 A': [1.0]})
    assert name == 'get sample'


def test_table__medians_and_rates():
    lines = pipeline_table(SECONDS).splitlines()
    assert lines[1].split() == ['get', 'sample', '2.000', '7.600', '500']
    assert lines[3].split()[:2] == ['all', '5.000']
    assert '200 images/s per core (median of 3 samples' in lines[4]
    assert '143 by the mean' in lines[4]
