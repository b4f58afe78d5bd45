"""The recipe of the golden files, rule by rule."""

import numpy as np
import pytest
import torch

from mmssl.testing.golden import named_input, named_weight


@pytest.mark.parametrize(
    ('name', 'shape', 'low', 'high'),
    [
        ('a.running_var', (4000,), 0.5, 1.5),
        ('layer1.0.bn3.weight', (4000,), 0.1, 0.3),
        ('layer1.0.bn1.weight', (4000,), 0.8, 1.2),
    ],
)
def test_weight__uniform(name, shape, low, high):
    values = named_weight(name, shape, 'float32').numpy()
    edge = 0.01 * (high - low)
    assert low <= values.min() < low + edge
    assert high - edge < values.max() <= high
    assert values.mean() == pytest.approx((low + high) / 2, rel=0.05)


@pytest.mark.parametrize(
    ('name', 'shape', 'std'),
    [
        ('a.running_mean', (20000,), 0.1),
        ('a.bias', (20000,), 0.05),
        ('conv.weight', (400, 50), 0.2),
        ('conv.weight', (40, 50, 2, 5), (2 / 500) ** 0.5),
        ('flow_decoder.head.weight', (400, 50), 0.02),
    ],
)
def test_weight__normal(name, shape, std):
    values = named_weight(name, shape, 'float32')
    assert values.dtype == torch.float32
    assert float(values.std()) == pytest.approx(std, rel=0.03)


def test_names__a_generator_each():
    first = named_input('x', (2, 3))
    assert torch.equal(first, named_input('x', (2, 3)))
    assert not torch.equal(first, named_input('y', (2, 3)))
    expected = np.random.RandomState(2363233923).normal(size=(2, 3))
    np.testing.assert_allclose(first.numpy(), expected, rtol=1e-6)
    assert named_weight('n', (), 'int64').tolist() == 0
