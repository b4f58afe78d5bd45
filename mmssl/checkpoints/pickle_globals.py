"""What a checkpoint's pickle may name, call and fill, with checks.

Three tables for :mod:`mmssl.checkpoints.restricted_pickle`: ``GLOBALS``, names
a file may look up, most of them standing for a function of this module that
checks its arguments; ``CALLABLES``, what it may call; ``STATES``, what it may
give a state to, and how.
"""

from __future__ import annotations

import argparse
import pickle
from collections import Counter, OrderedDict, defaultdict
from typing import Any, Callable

import numpy as np
import torch
from mmengine.config import ConfigDict
from mmengine.logging import HistoryBuffer
from mmengine.optim.scheduler.param_scheduler import OneCycleParamScheduler
from torch.storage import TypedStorage


class CheckpointError(pickle.UnpicklingError):
    """A checkpoint that cannot, or must not, be read."""


_METHODS: dict[type, tuple[str, ...]] = {
    HistoryBuffer: ('current', 'max', 'mean', 'min'),
    OneCycleParamScheduler: ('_annealing_cos', '_annealing_linear'),
}
_FACTORIES = (None, OrderedDict, dict, float, int, list, set, str)
# Plain numbers, text and bytes. Never 'O' or 'V': raw bytes of a checkpoint
# would become object pointers.
_KINDS = 'biufcSU'


def _getattr(owner: Any, name: str) -> Any:
    """Return one of the methods that mmengine's own objects pickle."""
    for cls, names in _METHODS.items():
        if owner is cls and name in names:
            return getattr(cls, name)
    shown = getattr(owner, '__name__', type(owner).__name__)
    raise CheckpointError(f'builtins.getattr({shown}, {name!r})')


def _encode(text: str, encoding: str = 'latin1') -> bytes:
    """Return bytes; protocol 2 writes them as text with code points < 256."""
    if encoding not in ('latin1', 'latin-1'):
        raise CheckpointError(f'_codecs.encode(..., {encoding!r})')
    return text.encode('latin1')


def _empty_bytes() -> bytes:
    return b''


def _bytearray(text: Any = b'', encoding: str = 'latin1') -> bytearray:
    if not isinstance(text, (str, bytes)):  # a number is a size
        raise CheckpointError(f'builtins.bytearray({text!r})')
    return bytearray(
        _encode(text, encoding) if isinstance(text, str) else text
    )


def _defaultdict(factory: Any = None) -> defaultdict:
    if not any(factory is allowed for allowed in _FACTORIES):
        raise CheckpointError(f'collections.defaultdict({factory!r})')
    return defaultdict(factory)


def _tensor(
    storage: Any,
    offset: int,
    size: tuple,
    stride: tuple,
    requires_grad: bool = False,
    hooks: Any = None,
    metadata: Any = None,
) -> torch.Tensor:
    """Rebuild a tensor; hooks are callables of the file and are dropped."""
    if not isinstance(storage, TypedStorage) or metadata:
        raise CheckpointError('a tensor of something that is no plain storage')
    return torch._utils._rebuild_tensor_v2(
        storage, offset, size, stride, bool(requires_grad), OrderedDict()
    )


def _parameter(
    data: Any, requires_grad: bool = True, hooks: Any = None
) -> torch.nn.Parameter:
    if not isinstance(data, torch.Tensor):
        raise CheckpointError('a parameter of something that is no tensor')
    return torch.nn.Parameter(data, bool(requires_grad))


def _dtype(name: str, align: Any = False, copy: Any = True) -> np.dtype:
    """Return a copy, because numpy writes the byte order into it later."""
    if not isinstance(name, str) or np.dtype(name).kind not in _KINDS:
        raise CheckpointError(f'numpy.dtype({name!r})')
    return np.dtype(name, False, True)


def _array(subtype: Any, shape: Any, dtype: Any) -> np.ndarray:
    """Return the empty array that its state fills."""
    if subtype is not np.ndarray:
        raise CheckpointError(f'a numpy array of type {subtype!r}')
    return np.empty((0,), np.int8)


def _scalar(dtype: Any, data: Any = b'') -> np.generic:
    if not isinstance(dtype, np.dtype) or not isinstance(data, bytes):
        raise CheckpointError('a numpy scalar that is no plain number')
    return np.frombuffer(data, dtype, count=1)[0]


def _globals() -> dict[tuple[str, str], Any]:
    """Return the table (module, name) -> what stands for it."""
    table: dict[tuple[str, str], Any] = {
        ('collections', 'OrderedDict'): OrderedDict,
        ('collections', 'Counter'): Counter,
        ('collections', 'defaultdict'): _defaultdict,
        ('_codecs', 'encode'): _encode,
        ('argparse', 'Namespace'): argparse.Namespace,
        ('torch', 'Size'): torch.Size,
        ('torch', 'device'): torch.device,
        ('torch._utils', '_rebuild_tensor'): _tensor,
        ('torch._utils', '_rebuild_tensor_v2'): _tensor,
        ('torch._utils', '_rebuild_parameter'): _parameter,
        ('numpy', 'dtype'): _dtype,
        ('numpy', 'ndarray'): np.ndarray,
        ('mmengine.config.config', 'ConfigDict'): ConfigDict,
    }
    for module in ('numpy.core.multiarray', 'numpy._core.multiarray'):
        table[module, '_reconstruct'] = _array
        table[module, 'scalar'] = _scalar
    builtin = {
        **{t.__name__: t for t in (bool, complex, dict, float, frozenset)},
        **{t.__name__: t for t in (int, list, set, str, tuple)},
        'bytearray': _bytearray,
        'bytes': _empty_bytes,
        'getattr': _getattr,
    }
    for name, value in builtin.items():
        table['builtins', name] = table['__builtin__', name] = value
    for cls, methods in _METHODS.items():
        table[cls.__module__, cls.__name__] = cls
        for method in methods:
            name = f'{cls.__name__}.{method}'
            table[cls.__module__, name] = getattr(cls, method)
    for name, value in vars(torch).items():
        if isinstance(value, torch.dtype):
            table['torch', name] = value
    return table


def _set_buffer(buffer: HistoryBuffer, state: Any) -> None:
    """Fill a HistoryBuffer; the file's methods are not taken over."""
    values = [state[f'_{kind}_history'] for kind in ('log', 'count')]
    if not all(isinstance(value, np.ndarray) for value in values):
        raise CheckpointError('a HistoryBuffer without its two arrays')
    HistoryBuffer.__init__(buffer, *values, max_length=state['max_length'])


def _set_array(array: np.ndarray, state: Any) -> None:
    _, _, dtype, _, data = state
    if dtype.kind not in _KINDS or not isinstance(data, bytes):
        raise CheckpointError('a numpy array that holds no plain numbers')
    array.__setstate__(state)


def _set_dtype(dtype: np.dtype, state: Any) -> None:
    """Set the byte order; sizes must be those the name already says."""
    _, order, *fields, size, alignment, flags = state
    sizes = (-1, dtype.itemsize), (-1, dtype.alignment)
    if (
        order not in ('<', '>', '=', '|')
        or fields != [None] * 3
        or flags != dtype.flags
        or size not in sizes[0]
        or alignment not in sizes[1]
    ):
        raise CheckpointError(f'the state {state!r} of a numpy dtype')
    dtype.__setstate__(state)  # type: ignore[attr-defined]


def _set_dict(mapping: OrderedDict, state: Any) -> None:
    if not isinstance(state, dict) or set(state) - {'_metadata'}:
        raise CheckpointError('an OrderedDict with attributes of its own')
    mapping.__dict__.update(state)


def _set_namespace(namespace: argparse.Namespace, state: Any) -> None:
    if not isinstance(state, dict):
        raise CheckpointError('an argparse.Namespace without a dict')
    namespace.__dict__.update(state)


STATES: tuple[tuple[type, Callable[[Any, Any], None]], ...] = (
    (HistoryBuffer, _set_buffer),
    (np.ndarray, _set_array),
    (np.dtype, _set_dtype),
    (OrderedDict, _set_dict),
    (argparse.Namespace, _set_namespace),
)
GLOBALS = _globals()
NEW = (HistoryBuffer, argparse.Namespace)
_NAMES_ONLY = (np.ndarray, OneCycleParamScheduler, *NEW)
CALLABLES = tuple(
    value
    for (_, name), value in GLOBALS.items()
    if callable(value) and '.' not in name and value not in _NAMES_ONLY
)
