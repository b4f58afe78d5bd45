"""Groups of parameters by role, for any optimiser."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from mmengine.logging import print_log
from mmengine.optim import OptimWrapper
from torch import nn

from mmssl.engine.optimizers.parameter_roles import (
    EXCLUDED,
    ROLES,
    parameter_roles,
    trained_parameters,
)
from mmssl.engine.optimizers.published_names import (
    excluded_as_published,
    published_names,
)
from mmssl.registry import (
    OPTIM_WRAPPER_CONSTRUCTORS,
    OPTIM_WRAPPERS,
    OPTIMIZERS,
)
from mmssl.utils.model_wrapper import unwrapped

_WITHOUT = dict(weight_decay=0.0, lars_exclude=True)
QUIRKS = 'published_exclusion'


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class RoleOptimWrapperConstructor:
    """Build an optimiser wrapper with one parameter group for each role.

    See :func:`mmssl.engine.optimizers.parameter_roles.parameter_roles`.
    Norms, biases and scales get no weight decay and no trust ratio
    (``lars_exclude``, which ScrlLARS and mmpretrain's LARS read and other
    optimisers ignore). The log lists the groups.

    ``paramwise_cfg`` may hold:

    * a role: settings of its group, such as
      ``online_probe=dict(lr=0.1)``. With settings of its own the online probe
      is one group, by default without decay and trust ratio; without, its
      parameters are treated as all others;
    * ``published_quirks=True``: what SCRL's published code does. Parameters
      are left out by name ('bn' or 'bias' in the *published* name), which
      misses the norm weights of stem, downsampling, projector and predictor
      (7 of a ResNet-50); and the learning rate enters the step of what is
      left out twice.

    Args:
        optim_wrapper_cfg: ``type``, ``optimizer`` and arguments of the
            wrapper.
        paramwise_cfg: See above.

    Raises:
        TypeError: A setting of a wrong type.
        ValueError: An unknown role.
    """

    def __init__(
        self,
        optim_wrapper_cfg: dict[str, Any],
        paramwise_cfg: dict[str, Any] | None = None,
    ) -> None:
        if 'optimizer' not in optim_wrapper_cfg:
            raise ValueError('optim_wrapper needs optimizer=dict(type=...)')
        self.wrapper_cfg = copy.deepcopy(dict(optim_wrapper_cfg))
        self.optimizer_cfg = self.wrapper_cfg.pop('optimizer')
        self.wrapper_cfg.setdefault('type', 'OptimWrapper')
        settings = copy.deepcopy(dict(paramwise_cfg or {}))
        self.quirks = bool(settings.pop('published_quirks', False))
        self.settings = settings
        _check(settings)

    def __call__(self, model: nn.Module) -> OptimWrapper:
        """Build the wrapper.

        Args:
            model: The model, or its wrapper for several processes.
        """
        model = unwrapped(model)
        groups = (
            published_groups(model, self.settings)
            if self.quirks
            else role_groups(model, self.settings)
        )
        config = dict(self.optimizer_cfg, params=groups)
        optimizer = OPTIMIZERS.build(config)
        names = {p: n for n, p, _ in trained_parameters(model)}
        print_log(describe_groups(optimizer.param_groups, names), 'current')
        return OPTIM_WRAPPERS.build(
            self.wrapper_cfg, default_args=dict(optimizer=optimizer)
        )


def role_groups(
    model: nn.Module, settings: Mapping[str, Mapping[str, Any]] = {}
) -> list[dict[str, Any]]:
    """Return a parameter group for each role that the model has.

    Args:
        model: The model.
        settings: Role -> settings of its group.

    Returns:
        Groups in the order of ROLES, each with ``role`` and ``params``.

    Example:
        >>> groups = role_groups(nn.Linear(2, 3))
        >>> [(group['role'], group.get('weight_decay')) for group in groups]
        [('weight', None), ('bias', 0.0)]
    """
    roles = parameter_roles(model, probe_apart='online_probe' in settings)
    groups: dict[str, dict[str, Any]] = {}
    for role in ROLES:
        excluded = role in EXCLUDED or role == 'online_probe'
        group = dict(role=role, **(_WITHOUT if excluded else {}))
        groups[role] = {**group, **settings.get(role, {}), 'params': []}
    for name, parameter, _ in trained_parameters(model):
        groups[roles[name]]['params'].append(parameter)
    return [group for group in groups.values() if group['params']]


def published_groups(
    model: nn.Module, settings: Mapping[str, Mapping[str, Any]] = {}
) -> list[dict[str, Any]]:
    """Return the two parameter groups of SCRL's published code.

    Args:
        model: With a ResNet; see
            :func:`mmssl.engine.optimizers.published_names.published_names`.
        settings: Only ``online_probe`` may have its own, and is then a third
            group.

    Raises:
        ValueError: Settings of other roles, or names of another model.
    """
    apart = 'online_probe' in settings
    if set(settings) - {'online_probe'}:
        raise ValueError(
            'published_quirks=True knows no roles: remove the settings of '
            f'{", ".join(sorted(set(settings) - {"online_probe"}))}'
        )
    groups: dict[str, dict[str, Any]] = {
        'weight': dict(role='weight', params=[]),
        QUIRKS: dict(role=QUIRKS, **_WITHOUT, lr_twice=True, params=[]),
        'online_probe': {
            **_WITHOUT,
            **settings.get('online_probe', {}),
            **dict(role='online_probe', params=[]),
        },
    }
    trained = {name: p for name, p, _ in trained_parameters(model)}
    probe = {n for n in trained if apart and n.startswith('online_probe.')}
    names = published_names(n for n in trained if n not in probe)
    for name, parameter in trained.items():
        if name in probe:
            group = 'online_probe'
        else:
            excluded = excluded_as_published(names[name])
            group = QUIRKS if excluded else 'weight'
        groups[group]['params'].append(parameter)
    return [group for group in groups.values() if group['params']]


def describe_groups(
    groups: list[dict[str, Any]], names: Mapping[Any, str]
) -> str:
    """Return a line for each parameter group, for the log.

    Args:
        groups: Of an optimiser.
        names: Parameter -> name.

    Example:
        >>> layer = nn.Linear(2, 3, bias=False)
        >>> group = dict(role='weight', params=[layer.weight], lr=0.1)
        >>> print(describe_groups([group], {layer.weight: 'fc.weight'}))
        parameter groups:
          weight: 1 tensors, 6 values, lr 0.1, weight decay 0, fc.weight
    """
    lines = ['parameter groups:']
    for group in groups:
        params = group['params']
        first, last = names[params[0]], names[params[-1]]
        text = (
            f'  {group["role"]}: {len(params)} tensors, '
            f'{sum(p.numel() for p in params)} values, lr {group["lr"]:g}, '
            f'weight decay {group.get("weight_decay", 0):g}'
        )
        if group.get('lars_exclude'):
            text += ', no trust ratio'
        if group.get('lr_twice'):
            text += f', step lr^2 = {group["lr"] ** 2:g}'
        lines.append(text + f', {first}' + ' ...' * (first != last))
    return '\n'.join(lines)


def _check(settings: Mapping[str, Any]) -> None:
    """Raise for roles that do not exist, and settings that are no dicts."""
    unknown = sorted(set(settings) - set(ROLES))
    if unknown:
        raise ValueError(
            f'paramwise_cfg has no {", ".join(unknown)}; its keys are '
            f'{", ".join(sorted([*ROLES, "published_quirks"]))}'
        )
    for role, value in settings.items():
        if not isinstance(value, Mapping):
            raise TypeError(
                f'paramwise_cfg.{role} must be a dict of settings, got '
                f'{value!r}'
            )
