"""The model inside what several processes train it by."""

from __future__ import annotations

from typing import Any

from mmengine.model import is_model_wrapper


def unwrapped(model: Any) -> Any:
    """Return the model inside DDP, or another wrapper; else the model."""
    return model.module if is_model_wrapper(model) else model
