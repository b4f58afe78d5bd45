"""Scenes that several tests look at."""

import numpy as np
import pytest

from mmssl.worlds.puppets import CameraLook, Identity, Lighting, Scene

FLAT = Lighting(side=0.0, strength=0.0, across=0.0, shadow=0.0)


@pytest.fixture(scope='session')
def moving_pairs():
    """Scenes with even light and a plain camera: (scene, pair) of each."""
    out = []
    for seed in range(6):
        scene = Scene.draw(
            np.random.default_rng([5, seed]),
            (112, 128),
            num_people=(2, 4),
            look=CameraLook.plain(),
            lighting=FLAT,
        )
        out.append((scene, scene.pair(3.0, 1.5)))
    return out


@pytest.fixture(scope='session')
def crowds():
    """Scenes with many people and a frame of each."""
    out = []
    for seed in range(5):
        scene = Scene.draw(
            np.random.default_rng([6, seed]), (128, 128), num_people=(4, 7)
        )
        out.append((scene, scene.render(2.0)))
    return out


@pytest.fixture(scope='session')
def persons():
    return [Identity.draw(np.random.default_rng(seed)) for seed in range(60)]


@pytest.fixture
def alone():
    """A function that shows one person, who stands and faces somewhere."""

    def show(person, yaw=0.0, size_hw=(192, 128), action='stand', seed=1):
        scene = Scene.draw(
            np.random.default_rng(seed),
            size_hw,
            identities=[person],
            actions=[action],
            person_height=(0.85, 0.85),
            num_objects=(0, 0),
            num_clutter=(0, 0),
            camera_motion=0.0,
            centred=True,
            look=CameraLook.plain(),
        )
        motion = scene.stage.motion
        motion.yaw[:] = [[yaw, 0, 0]]
        motion.head[:] = 0
        motion.trunk[:] = 0
        return scene

    return show
