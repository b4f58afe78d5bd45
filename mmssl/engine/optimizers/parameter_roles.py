"""What each parameter of a model is for: weight, norm, bias, scale, probe.

Roles come from the modules that own the parameters. Names alone mislead: a
``relative_position_bias_table`` is no bias, ``downsample.1`` is a norm.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

ROLES = ('weight', 'norm', 'bias', 'scale', 'online_probe')
# Neither trust ratio nor weight decay.
EXCLUDED = ('norm', 'bias', 'scale')

_NORMS = (_NormBase, nn.GroupNorm, nn.LayerNorm)
_PROBE, _TEACHER = 'online_probe', 'teacher'


def parameter_roles(
    model: nn.Module, probe_apart: bool = True
) -> dict[str, str]:
    """Return the role of each parameter that training changes.

    * ``norm``: weight and bias of batch, instance, group and layer norms, and
      of whatever else calls itself ``...Norm``;
    * ``bias``: a vector called ``bias`` or ``..._bias``;
    * ``scale``: any other vector or number, such as a layer scale;
    * ``online_probe``: all below the module of that name;
    * ``weight``: the rest, position tables included.

    Args:
        model: Modules called ``teacher`` at its root are left out, as are
            parameters that are frozen; a shared parameter counts once.
        probe_apart: False gives the online probe's parameters the roles that
            they have in any other module.

    Returns:
        Name -> one of :data:`ROLES`, in the model's order.

    Example:
        >>> parameter_roles(nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2)))
        {'0.weight': 'weight', '0.bias': 'bias', '1.weight': 'norm',
        '1.bias': 'norm'}
    """
    return {
        name: _PROBE
        if probe_apart and name.split('.')[0] == _PROBE
        else _role(owner, name.rsplit('.', 1)[-1], parameter)
        for name, parameter, owner in trained_parameters(model)
    }


def trained_parameters(
    model: nn.Module,
) -> Iterator[tuple[str, Tensor, nn.Module]]:
    """Yield (name, parameter, module that owns it), each parameter once.

    Args:
        model: Of which the teacher and frozen parameters are left out.
    """
    seen: set[Tensor] = set()
    for prefix, module in model.named_modules():
        if prefix.split('.')[0] == _TEACHER:
            continue
        for name, parameter in module.named_parameters(recurse=False):
            if parameter.requires_grad and parameter not in seen:
                seen.add(parameter)
                full = f'{prefix}.{name}' if prefix else name
                yield full, parameter, module


def _role(owner: nn.Module, name: str, parameter: Tensor) -> str:
    """Return the role of a parameter by its module, name and shape."""
    norm = isinstance(owner, _NORMS) or type(owner).__name__.endswith('Norm')
    if norm:
        return 'norm'
    if parameter.ndim > 1:
        return 'weight'
    return 'bias' if name == 'bias' or name.endswith('_bias') else 'scale'
