"""An unpickler that can rebuild checkpoints and nothing else.

A pickle is a program: it names functions and says with what to call them. The
plain unpickler looks any name up; this one has a table of the few names that
checkpoints need, most of them replaced by functions that check their
arguments. A name that is not in the table, a call of anything else and a
state for anything else end in :class:`CheckpointError`, before they run.

``torch.load(weights_only=True)`` cannot be used for the host's checkpoints:
mmengine's ``HistoryBuffer`` pickles its own methods by way of
``builtins.getattr``, and allowing ``getattr`` would open the door again.
Here ``getattr`` returns the named methods of two host classes, nothing else.
"""

from __future__ import annotations

import pickle
from types import SimpleNamespace
from typing import Any

from mmssl.checkpoints.pickle_globals import (
    CALLABLES,
    GLOBALS,
    NEW,
    STATES,
    CheckpointError,
)

# Its type stub leaves out the steps that are overridden here.
_PythonUnpickler: Any = pickle._Unpickler


class RestrictedUnpickler(_PythonUnpickler):
    """The unpickler written in Python, with three of its steps guarded.

    The one in C would let a file set attributes of functions and classes
    (the BUILD step); this one is slower, and a checkpoint's pickle is short.
    """

    dispatch = dict(_PythonUnpickler.dispatch)

    def find_class(self, module: str, name: str) -> Any:
        """Return what the table has for a global of the file."""
        try:
            return GLOBALS[module, name]
        except KeyError:
            python_3 = module.replace('__builtin__', 'builtins')
            raise CheckpointError(f'{python_3}.{name}') from None

    def load_reduce(self) -> None:
        """Call a function of the table."""
        function = self.stack[-2]
        if not any(function is allowed for allowed in CALLABLES):
            raise CheckpointError(f'a call of {function!r}')
        super().load_reduce()

    def load_newobj(self) -> None:
        """Make an empty object of one of two classes."""
        cls, args = self.stack[-2:]
        if not any(cls is allowed for allowed in NEW) or args:
            raise CheckpointError(f'a new {cls!r}')
        super().load_newobj()

    def load_build(self) -> None:
        """Give an object its state, checked."""
        state = self.stack.pop()
        target = self.stack[-1]
        for cls, set_state in STATES:
            if isinstance(target, cls):
                return set_state(target, state)
        raise CheckpointError(f'a state for {target!r}')

    def refuse(self) -> None:
        """Refuse a step that no checkpoint uses."""
        raise CheckpointError('an unusual pickle step')

    dispatch[pickle.REDUCE[0]] = load_reduce
    dispatch[pickle.NEWOBJ[0]] = load_newobj
    dispatch[pickle.BUILD[0]] = load_build
    for _code in ('INST', 'OBJ', 'NEWOBJ_EX', 'EXT1', 'EXT2', 'EXT4'):
        dispatch[getattr(pickle, _code)[0]] = refuse


def _load(file: Any, **options: Any) -> Any:
    return RestrictedUnpickler(file, **options).load()


# What torch.load takes as its pickle_module.
PICKLE_MODULE = SimpleNamespace(
    __name__='restricted_pickle', Unpickler=RestrictedUnpickler, load=_load
)
