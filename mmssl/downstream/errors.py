"""What a downstream job refuses, before any training starts."""

from __future__ import annotations

# What went wrong -> what a table shows of it.
KINDS = {
    'architecture': "the file is of another network than the task's backbone",
    'checkpoint': 'the file cannot be read, or holds no backbone',
    'classes': 'classes of data and model differ in number',
    'config': 'the config of the task cannot be used',
    'data': 'the data is not there, or is empty',
    'device': 'the device is not there',
    'host': 'the project that the task needs is not installed',
    'keys': 'tensors of the file do not arrive in the backbone',
    'misfit': 'task and backbone do not fit each other',
    'test': 'the judging failed',
    'training': 'the training failed',
}


class HandOffError(ValueError):
    """A job that cannot be done, with the reason for its user.

    Args:
        kind: One of :data:`KINDS`.
        message: What was wrong, what was received, how to mend it.

    Example:
        >>> HandOffError('data', 'no images in data/puppets').kind
        'data'
    """

    def __init__(self, kind: str, message: str) -> None:
        if kind not in KINDS:
            raise ValueError(
                f'kind must be one of {", ".join(sorted(KINDS))}, got {kind!r}'
            )
        super().__init__(message)
        self.kind = kind
