"""What users call from Python; the tools call the same functions.

Names are imported when they are first used, so that ``import mmssl.apis``
stays light.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmssl.apis.animation import animate
    from mmssl.apis.feature_extractor import FeatureExtractor
    from mmssl.apis.feature_files import write_features
    from mmssl.apis.feature_result import ImageFeatures
    from mmssl.apis.feature_table import (
        FeatureTable,
        iterate_features,
        read_features,
    )
    from mmssl.apis.motion_propagator import MotionPropagator
    from mmssl.apis.part_painter import PartPainter
    from mmssl.apis.pretraining import pretrain
    from mmssl.apis.segmentation import Segmentation, segment
    from mmssl.apis.sweep import run_sweep
    from mmssl.apis.sweep_plan import SweepPlan, make_plan
    from mmssl.pretraining.run import PretrainRun

# Name -> module below mmssl. No module of this package has the name of its
# function: the import of the module would put it in the function's place.
_WHERE = {
    'FeatureExtractor': 'apis.feature_extractor',
    'FeatureTable': 'apis.feature_table',
    'ImageFeatures': 'apis.feature_result',
    'MotionPropagator': 'apis.motion_propagator',
    'PartPainter': 'apis.part_painter',
    'PretrainRun': 'pretraining.run',
    'Segmentation': 'apis.segmentation',
    'SweepPlan': 'apis.sweep_plan',
    'animate': 'apis.animation',
    'iterate_features': 'apis.feature_table',
    'make_plan': 'apis.sweep_plan',
    'pretrain': 'apis.pretraining',
    'read_features': 'apis.feature_table',
    'run_sweep': 'apis.sweep',
    'segment': 'apis.segmentation',
    'write_features': 'apis.feature_files',
}

__all__ = [
    'FeatureExtractor',
    'FeatureTable',
    'ImageFeatures',
    'MotionPropagator',
    'PartPainter',
    'PretrainRun',
    'Segmentation',
    'SweepPlan',
    'animate',
    'iterate_features',
    'make_plan',
    'pretrain',
    'read_features',
    'run_sweep',
    'segment',
    'write_features',
]


def __getattr__(name: str) -> Any:
    """Import a public name on first use."""
    if name not in _WHERE:
        raise AttributeError(
            f'mmssl.apis has no {name!r}; it has {", ".join(sorted(_WHERE))}'
        )
    module = importlib.import_module(f'mmssl.{_WHERE[name]}')
    value = getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_WHERE})
