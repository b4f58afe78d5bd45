"""Registry nodes of scope ``mmssl``, one for each kind of component.

Parent and fallback. Every node is a child of *mmengine's root*, so that
``type='mmssl.X'`` resolves from the config of any OpenMMLab project (the root
imports ``mmssl.registry`` by itself when it meets the scope). mmpretrain's
node of the same kind is asked second, before the root, so that its types
resolve unprefixed under ``default_scope = 'mmssl'``. A child of mmpretrain's
node would give the second without the first: siblings such as mmdet search
the root's children only.

``mmssl`` modules are imported on the first look-up of each kind, and so is
mmpretrain: a spawned data worker looks nothing up and saves 50 MB.
"""

from __future__ import annotations

import functools
from typing import Any, Callable

import mmengine.registry as root

from mmssl.utils.versions import require_mmcv

require_mmcv()


class FallbackRegistry(root.Registry):
    """A registry that asks another project's node before its own parent.

    Args:
        name: Name of the kind, as in the parent.
        fallback: Returns the node that is asked for keys without a scope
            that are not ours.
        **kwargs: Passed on to :class:`mmengine.registry.Registry`.
    """

    def __init__(
        self,
        name: str,
        *,
        fallback: Callable[[], root.Registry],
        **kwargs: Any,
    ) -> None:
        super().__init__(name, **kwargs)
        self._fallback = fallback

    def get(self, key: str) -> Any:
        """Return the class registered under ``key``, or None.

        Order for a key without a scope: mmssl, mmpretrain, mmengine's root.
        A key with a scope goes the host's way.
        """
        if not isinstance(key, str):
            raise TypeError(
                f'a registry key must be a str, got {type(key).__name__}'
            )
        if self.split_scope_key(key)[0] is not None:
            return super().get(key)
        self.import_from_location()
        if key in self._module_dict:
            return self._module_dict[key]
        return self._fallback().get(key)


def _host_node(kind: str) -> root.Registry:
    """Return mmpretrain's node of one kind."""
    import mmpretrain.registry as host

    return getattr(host, kind)


def _node(
    kind: str, *locations: str, parent: str | None = None
) -> FallbackRegistry:
    """Make the ``mmssl`` node of one kind, e.g. 'MODELS'."""
    node = getattr(root, parent or kind)
    return FallbackRegistry(
        node.name,
        parent=node,
        fallback=functools.partial(_host_node, kind),
        scope='mmssl',
        locations=list(locations),
    )


RUNNERS = _node('RUNNERS', 'mmssl.engine')
RUNNER_CONSTRUCTORS = _node('RUNNER_CONSTRUCTORS', 'mmssl.engine')
LOOPS = _node('LOOPS', 'mmssl.engine')
HOOKS = _node('HOOKS', 'mmssl.engine')
LOG_PROCESSORS = _node('LOG_PROCESSORS', 'mmssl.engine')
OPTIMIZERS = _node('OPTIMIZERS', 'mmssl.engine')
OPTIM_WRAPPERS = _node('OPTIM_WRAPPERS', 'mmssl.engine')
OPTIM_WRAPPER_CONSTRUCTORS = _node(
    'OPTIM_WRAPPER_CONSTRUCTORS', 'mmssl.engine'
)
PARAM_SCHEDULERS = _node('PARAM_SCHEDULERS', 'mmssl.engine')

DATASETS = _node('DATASETS', 'mmssl.datasets')
DATA_SAMPLERS = _node('DATA_SAMPLERS', 'mmssl.datasets')
TRANSFORMS = _node('TRANSFORMS', 'mmssl.datasets')

MODELS = _node('MODELS', 'mmssl.models', 'mmssl.probes')
MODEL_WRAPPERS = _node('MODEL_WRAPPERS', 'mmssl.models')
WEIGHT_INITIALIZERS = _node('WEIGHT_INITIALIZERS', 'mmssl.models')
TASK_UTILS = _node(
    'TASK_UTILS', 'mmssl.models', 'mmssl.codecs', 'mmssl.probes'
)

METRICS = _node('METRICS', 'mmssl.evaluation')
EVALUATORS = _node('EVALUATORS', 'mmssl.evaluation', parent='EVALUATOR')

VISUALIZERS = _node('VISUALIZERS', 'mmssl.visualization')
VISBACKENDS = _node('VISBACKENDS', 'mmssl.visualization')
