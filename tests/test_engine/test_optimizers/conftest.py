"""Models of these tests need names and shapes, no drawn weights."""

import pytest
import torch


@pytest.fixture(autouse=True)
def no_random_weights(monkeypatch):
    """Drawing weights takes most of the time.

    For each test anew: pytest ends a package's fixtures with the session
    where folders are no packages.
    """
    for name in ('kaiming_uniform_', 'uniform_', 'normal_'):
        monkeypatch.setattr(torch.nn.init, name, lambda x, *a, **k: x)
