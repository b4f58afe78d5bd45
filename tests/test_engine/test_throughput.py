"""Rates of a window, the warning's words, and the size of batches."""

import pytest
import torch
from mmpretrain.structures import DataSample

from mmssl.engine.throughput import (
    Iteration,
    Throughput,
    bottleneck_warning,
    count_images,
)


def test_window__forgets_the_oldest():
    window = Throughput(2)
    window.add(Iteration(100, 9.0, 10.0))
    assert not window.full
    window.add(Iteration(6, 1.0, 2.0))
    window.add(Iteration(2, 0.0, 2.0))
    assert window.full
    assert window.images_per_s == pytest.approx(2.0)
    assert window.wait_share == pytest.approx(0.25)
    window.clear()
    assert not window.full
    with pytest.raises(ValueError, match='at least 1 iteration, got 0'):
        Throughput(0)


def test_warning__what_and_remedy():
    text = bottleneck_warning(0.333, 50, 2, 8, ('LoadFlow', 0.61))
    assert '33 % of the last 50 iterations' in text
    assert 'LoadFlow takes most of it, 61 % of the time of a sample' in text
    assert 'num_workers above 2 (this machine has 8 cores)' in text
    assert 'a cheaper LoadFlow' in text
    text = bottleneck_warning(0.5, 50, 8, 8, None)
    assert 'more than the 8 cores of this machine' in text
    assert 'num_workers' not in text
    assert 'takes most' not in text
    assert 'cheaper' not in text


@pytest.mark.parametrize(
    ('batch', 'count'),
    [
        (dict(inputs=dict(img=[1, 2, 3], guidance_points=[1, 2, 3])), 3),
        (dict(inputs=torch.zeros(5, 3, 8, 8)), 5),
        (dict(inputs=[torch.zeros(3, 8, 8)] * 4), 4),
        (dict(inputs=[[torch.zeros(3, 8, 8)] * 4] * 2), 4),  # two views
        (dict(inputs=[0, 0], data_samples=[DataSample()] * 6), 6),
        ((torch.zeros(7, 3), torch.zeros(7)), 7),
        (dict(img=torch.zeros(2, 3), label=torch.zeros(2)), 2),
        (dict(), 0),
        (None, 0),
        (dict(inputs='abc'), 0),
    ],
)
def test_count_images(batch, count):
    assert count_images(batch) == count
