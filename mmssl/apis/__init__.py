"""What users call from Python; the tools call the same functions.

Names are imported when they are first used, so that ``import mmssl.apis``
stays light.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmssl.apis.animation import animate
    from mmssl.apis.motion_propagator import MotionPropagator
    from mmssl.apis.segmentation import Segmentation, segment

# Name -> module below mmssl.apis. No module has the name of its function: the
# import of the module would put it in the function's place.
_WHERE = {
    'MotionPropagator': 'motion_propagator',
    'Segmentation': 'segmentation',
    'animate': 'animation',
    'segment': 'segmentation',
}

__all__ = ['MotionPropagator', 'Segmentation', 'animate', 'segment']


def __getattr__(name: str) -> Any:
    """Import a public name on first use."""
    if name not in _WHERE:
        raise AttributeError(
            f'mmssl.apis has no {name!r}; it has {", ".join(sorted(_WHERE))}'
        )
    module = importlib.import_module(f'mmssl.apis.{_WHERE[name]}')
    value = getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_WHERE})
