"""Hostile pickles are refused before anything runs; honest ones are read."""

from __future__ import annotations

import io
import os
import pickle
from collections import OrderedDict

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer

from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.restricted_pickle import (
    PICKLE_MODULE,
    RestrictedUnpickler,
)


def load(data: bytes):
    return RestrictedUnpickler(io.BytesIO(data)).load()


class Call:
    """Pickles as the call of a function."""

    def __init__(self, function, *args):
        self.function, self.args = function, args

    def __reduce__(self):
        return self.function, self.args


@pytest.mark.parametrize('protocol', range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_plain_data__every_protocol(protocol):
    data = {
        'text': 'a',
        'bytes': (b'\xff\x00', b''),
        'numbers': [1, -2.5, 10**30, True, None, 1 + 2j],
        'sets': ({1, 2}, frozenset({3})),
        'mutable': bytearray(b'ab'),
        'ordered': OrderedDict(b=1, a=2),
    }
    assert load(pickle.dumps(data, protocol)) == data


@pytest.mark.parametrize('where', ['top', 'value', 'key', 'list'])
@pytest.mark.parametrize('protocol', [0, 2, 4, 5])
def test_os_system__refused_and_not_run(tmp_path, where, protocol):
    marker = tmp_path / 'marker'
    call = Call(os.system, f'touch {marker}')
    data = {
        'top': call,
        'value': {'state_dict': {'a': [call]}},
        'key': {('k', call): 1},
        'list': [1, [call]],
    }[where]
    raw = pickle.dumps(data, protocol)
    with pytest.raises(CheckpointError, match=r'(posix|nt)\.system'):
        load(raw)
    assert not marker.exists()


@pytest.mark.parametrize(
    ('call', 'named'),
    [
        (Call(eval, '1+1'), 'builtins.eval'),
        (Call(exec, 'raise SystemExit'), 'builtins.exec'),
        (Call(__import__, 'os'), 'builtins.__import__'),
        (Call(getattr, 'x', '__class__'), 'getattr.str'),
        (Call(getattr, HistoryBuffer, '__init__'), '__init__'),
        (Call(getattr, HistoryBuffer, '_set_default_statistics'), 'getattr'),
        (Call(getattr, OrderedDict, 'fromkeys'), 'fromkeys'),
        (Call(setattr, HistoryBuffer, 'mean', 1), 'builtins.setattr'),
        (Call(np.memmap, 'x'), 'numpy.memmap'),
        (Call(np.load, 'x'), 'load'),
        (Call(torch.load, 'x'), 'torch.serialization.load'),
        (Call(torch.hub.load, 'x'), 'torch.hub'),
    ],
)
def test_tricks__refused_by_name(call, named):
    for protocol in (2, 4):
        raw = pickle.dumps([call], protocol)
        with pytest.raises(CheckpointError, match=named):
            load(raw)


def test_getattr__of_a_named_method_is_returned():
    buffer = HistoryBuffer([1.0, 3.0], [1, 1])
    for protocol in (2, 4):
        copy = load(pickle.dumps(buffer, protocol))
        assert copy.mean() == 2.0
        assert copy.current() == 3.0
        assert copy.statistics('max') == 3.0


def test_history_buffer__methods_of_the_file_are_not_taken_over():
    buffer = HistoryBuffer([1.0, 3.0], [1, 1])
    state = dict(
        max_length=9,
        _log_history=np.array([1.0, 3.0]),
        _count_history=np.array([1, 1]),
        statistics_methods={'mean': HistoryBuffer.min},
        mean=HistoryBuffer.max,
    )
    buffer.__class__ = _FakeBuffer
    buffer.__dict__['state'] = state
    raw = pickle.dumps(buffer, 2).replace(
        _FakeBuffer.__module__.encode() + b'\n_FakeBuffer',
        b'mmengine.logging.history_buffer\nHistoryBuffer',
    )
    copy = load(raw)
    assert copy.statistics('mean') == copy.mean() == 2.0
    assert HistoryBuffer._statistics_methods['mean'] is HistoryBuffer.mean


class _FakeBuffer(HistoryBuffer):
    def __getstate__(self):
        return self.__dict__['state']


def raw_steps(*steps: bytes) -> bytes:
    return b'\x80\x02' + b''.join(steps) + b'.'


REBUILD = b'ctorch._utils\n_rebuild_tensor_v2\n'
# the tuple (None, {'__defaults__': ()}): attributes for the object below
ATTRIBUTES = b'N}X\x0c\x00\x00\x00__defaults__)s\x86'


@pytest.mark.parametrize(
    ('raw', 'named'),
    [
        (raw_steps(REBUILD, ATTRIBUTES, b'b'), 'a state for'),
        (raw_steps(b'ccollections\nCounter\n', ATTRIBUTES, b'b'), 'a state'),
        (raw_steps(b"(S'x'\nios\nsystem\n"), 'unusual'),
        (raw_steps(b"(cos\nsystem\nS'x'\no"), 'os.system'),
        (raw_steps(b'(ccollections\nOrderedDict\no'), 'unusual'),
        (raw_steps(b'ctorch\nSize\n)\x81'), 'a new'),
        (raw_steps(b'\x82\x01'), 'unusual'),
        (raw_steps(b'cnumpy\nndarray\nK\x05\x85R'), 'a call of'),
        (raw_steps(b'X\x01\x00\x00\x00a)R'), 'a call of'),
        (b'\x80\x04\x8c\x05torch\x8c\x08hub.load\x93.', 'torch.hub.load'),
        (b'\x80\x04\x8c\x08builtins\x8c\x0bdict.update\x93.', 'dict.update'),
    ],
)
def test_raw_steps__refused(raw, named):
    before = torch._utils._rebuild_tensor_v2.__defaults__
    with pytest.raises(CheckpointError, match=named):
        load(raw)
    assert torch._utils._rebuild_tensor_v2.__defaults__ is before


def test_module__has_what_torch_load_asks_for():
    buffer = io.BytesIO(pickle.dumps([1]))
    assert PICKLE_MODULE.load(buffer, encoding='utf-8') == [1]
    assert PICKLE_MODULE.__name__ != 'dill'
