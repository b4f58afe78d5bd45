"""Gradient checkpointing: activations made again instead of kept."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from torch import nn
from torch.nn.modules.batchnorm import _NormBase
from torch.utils.checkpoint import checkpoint


def checkpoint_blocks(
    model: nn.Module, names: Sequence[str] | None = None
) -> list[str]:
    """Keep only the inputs of blocks; run them again in the backward pass.

    Results are the same numbers: dropout draws the same masks, and batch
    norms count a batch once although they see it twice. (mmengine's
    ``activation_checkpointing`` and the ``with_cp`` of mm's backbones move
    running statistics twice.) Weights keep their names.

    Args:
        model: Changed in place.
        names: Modules to wrap, as in ``named_modules``; None: the repeated
            blocks of the backbone.

    Returns:
        Names of the modules that were wrapped.

    Raises:
        ValueError: No such module, or no repeated blocks were found.
    """
    modules = dict(model.named_modules())
    chosen = list(names) if names is not None else repeated_blocks(model)
    missing = [name for name in chosen if name not in modules]
    if missing:
        raise ValueError(
            f'grad_checkpoint: the model has no module {missing[0]!r}; '
            f'at the top it has {", ".join(n for n, _ in _children(model))}'
        )
    if not chosen:
        raise ValueError(
            'grad_checkpoint: the backbone has no repeated blocks; name the '
            "modules: speed=dict(grad_checkpoint=['backbone'])"
        )
    for name in chosen:
        module = modules[name]
        # A partial of the module itself survives copying and pickling.
        module.forward = functools.partial(_forward, module)
    return chosen


def repeated_blocks(model: nn.Module) -> list[str]:
    """Return the names of the backbone's blocks.

    A block is a module whose class occurs at least twice and that has layers
    (modules with parameters, but without children) of its own.

    Example:
        >>> from mmpretrain.models import ResNet
        >>> net = nn.ModuleDict({'backbone': ResNet(18)})
        >>> repeated_blocks(net)[:2]
        ['backbone.layer1.0', 'backbone.layer1.1']
    """
    blocks = {
        name: module
        for name, module in model.named_modules()
        if 'backbone' in name.split('.')[:-1] and _has_layers(module)
    }
    counts = Counter(type(module) for module in blocks.values())
    found: list[str] = []
    for name, module in blocks.items():
        inside = any(name.startswith(f'{outer}.') for outer in found)
        if counts[type(module)] > 1 and not inside:
            found.append(name)
    return found


def _has_layers(module: nn.Module) -> bool:
    """Whether a module other than a plain container holds layers itself."""
    if isinstance(module, (nn.Sequential, nn.ModuleList, nn.ModuleDict)):
        return False
    return any(
        not list(child.children()) and list(child.parameters())
        for child in module.children()
    )


def _forward(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
    """Run a module's own forward under torch's checkpoint."""
    run = functools.partial(type(module).forward, module)
    if not module.training:
        return run(*args, **kwargs)
    return checkpoint(
        run,
        *args,
        use_reentrant=False,
        context_fn=lambda: (nullcontext(), _statistics_kept(module)),
        **kwargs,
    )


@contextmanager
def _statistics_kept(module: nn.Module) -> Iterator[None]:
    """Let batch norms move copies of their running statistics."""
    norms = [m for m in module.modules() if isinstance(m, _NormBase)]
    kept = [dict(norm._buffers) for norm in norms]
    for norm in norms:
        for name, value in norm._buffers.items():
            if value is not None:
                norm._buffers[name] = value.clone()
    try:
        yield
    finally:
        for norm, buffers in zip(norms, kept):
            norm._buffers.update(buffers)


def _children(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Yield the children that have parameters."""
    for name, child in model.named_children():
        if any(True for _ in child.parameters()):
            yield name, child
