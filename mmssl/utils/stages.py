"""Names for parts of a training step, which cost nothing until asked for.

``with stage('guidance map'):`` around some lines of a method makes them a
line of their own in the profile (:mod:`mmssl.engine.profiling`). Nobody
listens in training: entering and leaving then cost less than a microsecond,
and nothing is recorded. A network that runs in there is told apart from its
other passes: ``teacher.backbone (lambda 1)``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol


class StageListener(Protocol):
    """What is told of stages."""

    def enter(self, name: str) -> None:
        """Note that a stage begins."""

    def leave(self, name: str) -> None:
        """Note that it ends."""


_LISTENER: ContextVar[StageListener | None] = ContextVar(
    'mmssl_stage_listener', default=None
)


class stage:
    """A named part of a method's own work.

    Args:
        name: Of the part, as it stands in tables.

    Example:
        >>> with stage('targets'):
        ...     targets = [1, 2]
    """

    __slots__ = ('_listener', '_name')

    def __init__(self, name: str) -> None:
        self._name = name
        self._listener: StageListener | None = None

    def __enter__(self) -> None:
        self._listener = _LISTENER.get()
        if self._listener is not None:
            self._listener.enter(self._name)

    def __exit__(self, *error: Any) -> None:
        if self._listener is not None:
            self._listener.leave(self._name)


@contextmanager
def listen(listener: StageListener) -> Iterator[None]:
    """Tell ``listener`` of every stage of this thread while this lasts.

    Args:
        listener: Has ``enter(name)`` and ``leave(name)``.
    """
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)
