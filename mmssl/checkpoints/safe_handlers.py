"""YAML and pickle files that mmengine reads, without running what they say.

``mmengine.load('ann.pkl')`` is the plain unpickler, and
``Config.fromfile('a.yaml')`` is YAML with Python objects: annotation lists
and configs of others are read with them.
"""

from __future__ import annotations

from typing import Any

import yaml
from mmengine.fileio import register_handler
from mmengine.fileio.handlers import PickleHandler, YamlHandler

from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.restricted_pickle import PICKLE_MODULE


class PlainLoader(yaml.SafeLoader):
    """Plain YAML, and the tuples that mmengine writes."""


PlainLoader.add_constructor(
    'tag:yaml.org,2002:python/tuple',
    lambda loader, node: tuple(loader.construct_sequence(node, deep=True)),
)


class PlainYamlHandler(YamlHandler):
    """Reads YAML that makes plain values only; writes as mmengine does."""

    def load_from_fileobj(self, file: Any, **kwargs: Any) -> Any:
        """Read a stream; a tag for a Python object is an error."""
        try:
            return yaml.load(file, Loader=PlainLoader)  # a SafeLoader
        except yaml.constructor.ConstructorError as error:
            raise CheckpointError(
                f'{_name(file)} was refused: {error}; nothing of it was run'
            ) from None


class PlainPickleHandler(PickleHandler):
    """Reads pickles of plain values and arrays; writes as mmengine does."""

    def load_from_fileobj(self, file: Any, **kwargs: Any) -> Any:
        """Read a stream; anything else than plain data is an error."""
        try:
            return PICKLE_MODULE.load(file, **kwargs)
        except CheckpointError as error:
            raise CheckpointError(
                f'{_name(file)} was refused: it asks for {error}, which plain '
                'data does not need; nothing of it was run'
            ) from None


def install_safe_handlers() -> None:
    """Make mmengine read YAML and pickle files this way. Idempotent."""
    register_handler(['yaml', 'yml'])(PlainYamlHandler)
    register_handler(['pkl', 'pickle'])(PlainPickleHandler)


def _name(file: Any) -> str:
    """Return the name of a stream; mmengine may have read it to memory."""
    return str(getattr(file, 'name', 'the file'))
