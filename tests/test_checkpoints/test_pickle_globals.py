"""Each rebuilding function gives what pickle gives, and checks."""

from __future__ import annotations

import argparse
import io
import pickle
from collections import Counter, OrderedDict, defaultdict

import numpy as np
import pytest
import torch
from mmengine.config import ConfigDict

from mmssl.checkpoints import pickle_globals
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.restricted_pickle import RestrictedUnpickler


def again(value, protocol=2):
    data = pickle.dumps(value, protocol)
    return RestrictedUnpickler(io.BytesIO(data)).load()


def numpy_2(value) -> bytes:
    """The pickle as numpy 2 writes it (1 and 2 differ in a module's name)."""
    data = pickle.dumps(value, 2)
    for name in (b'numpy.core.', b'numpy._core.'):
        data = data.replace(name, b'numpy.?.')
    return data.replace(b'numpy.?.', b'numpy._core.')


ARRAYS = [
    np.arange(6.0).reshape(2, 3),
    np.asfortranarray(np.arange(6, dtype='int16').reshape(2, 3)),
    np.arange(3, dtype='>i4'),
    np.array(['ab', 'c']),
    np.array([b'ab', b'c']),
    np.array([True, False]),
    np.array([1 + 2j]),
    np.zeros((0, 3), 'float32'),
]


@pytest.mark.parametrize('array', ARRAYS, ids=lambda a: a.dtype.str)
def test_arrays__equal(array):
    twice = again([array, array])
    np.testing.assert_array_equal(twice[0], array)
    assert twice[0] is twice[1]
    assert twice[0].dtype == pickle.loads(pickle.dumps(array, 2)).dtype
    copy = RestrictedUnpickler(io.BytesIO(numpy_2(array))).load()
    np.testing.assert_array_equal(copy, array)


@pytest.mark.parametrize(
    'scalar', [np.float64(2.5), np.int8(-3), np.bool_(True), np.float32(0.1)]
)
def test_scalars__equal_and_of_the_same_type(scalar):
    copy = RestrictedUnpickler(io.BytesIO(numpy_2(scalar))).load()
    assert copy == scalar
    assert type(copy) is type(scalar)


def test_dtypes__byte_order_is_kept_and_numpys_own_are_untouched():
    copies = again([np.dtype('>f8'), np.dtype('f8'), np.dtype('U5')])
    assert copies == [np.dtype('>f8'), np.dtype('f8'), np.dtype('U5')]
    assert np.dtype('f8').byteorder == '='


@pytest.mark.parametrize(
    'value',
    [
        np.array([{}], dtype=object),
        np.array([(1, 2.0)], dtype='i4,f8'),
        np.dtype(object),
        np.dtype([('a', 'i4')]),
        np.dtype((np.int32, 2)),
        np.array(['2020-01-01'], dtype='datetime64[D]'),
    ],
)
def test_arrays_of_other_things__refused(value):
    with pytest.raises(CheckpointError, match='numpy'):
        again(value)


@pytest.mark.parametrize(
    'state',
    [
        (3, '<', None, ('a',), {'a': (np.dtype(object), 0)}, 8, 8, 0),
        (3, '<', (np.dtype(object), (1,)), None, None, 8, 8, 0),
        (3, '<', None, None, None, 4, 8, 0),
        (3, '<', None, None, None, -1, -1, 63),
        (3, 'x', None, None, None, -1, -1, 0),
    ],
)
def test_dtype_state__that_would_change_what_bytes_mean_is_refused(state):
    dtype = pickle_globals._dtype('f8')
    with pytest.raises(CheckpointError, match='dtype'):
        pickle_globals._set_dtype(dtype, state)


def test_containers__equal():
    factory = defaultdict(list, a=[1])
    assert again(factory) == factory
    assert again(factory)['new'] == []
    assert again(Counter('aab')) == Counter('aab')
    config = ConfigDict(a=[dict(b=1)])
    assert again(config).a[0].b == 1
    namespace = argparse.Namespace(lr=0.1, names=['a'])
    assert again(namespace) == namespace
    ordered = OrderedDict(a=1)
    ordered._metadata = OrderedDict(version=2)
    assert again(ordered)._metadata == {'version': 2}


def test_containers__with_functions_inside_are_refused():
    ordered = OrderedDict(a=1)
    ordered.items = OrderedDict
    with pytest.raises(CheckpointError, match='attributes of its own'):
        again(ordered)
    with pytest.raises(CheckpointError, match='defaultdict'):
        again(defaultdict(Counter))


def test_torch_values__equal():
    values = [torch.float16, torch.Size([1, 2]), torch.device('cpu')]
    assert again(values) == values


def test_tensor__of_no_storage_is_refused():
    with pytest.raises(CheckpointError, match='storage'):
        pickle_globals._tensor(b'abc', 0, (1,), (1,))
    with pytest.raises(CheckpointError, match='tensor'):
        pickle_globals._parameter([1.0])
    with pytest.raises(CheckpointError, match='encode'):
        pickle_globals._encode('a', 'rot13')
