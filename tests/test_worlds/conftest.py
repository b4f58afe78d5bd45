"""A tiny world that the tests of its parts share."""

import pytest

from mmssl.worlds.generation import generate_world
from mmssl.worlds.world_settings import settings_of


@pytest.fixture(scope='session')
def tiny_settings():
    return settings_of('tiny')


@pytest.fixture(scope='session')
def tiny_world(tmp_path_factory, tiny_settings):
    """Folder of a whole tiny world; not to be changed."""
    out = tmp_path_factory.mktemp('worlds') / 'puppets'
    generate_world(out, tiny_settings, workers=0)
    return out
