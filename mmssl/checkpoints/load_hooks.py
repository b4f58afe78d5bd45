"""What a model makes of a file's tensors before it compares shapes."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn


def after_load_hooks(
    model: nn.Module, state: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """Return a state dict as the model's own loading hooks change it.

    Some networks rename tensors while they load, or resize them: position
    tables of a Swin with another window, for example. Who compares names and
    shapes must look at the result.

    Args:
        model: Its submodules' ``_register_load_state_dict_pre_hook`` are run.
        state: Tensors by name; not changed.

    Returns:
        The changed copy.
    """
    changed = dict(state)
    for name, module in model.named_modules():
        prefix = f'{name}.' if name else ''
        for hook in module._load_state_dict_pre_hooks.values():
            hook(changed, prefix, {}, False, [], [], [])
    return changed
