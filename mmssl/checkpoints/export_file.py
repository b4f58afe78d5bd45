"""A file of an export: written, read again, compared, and only then named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from mmssl.checkpoints.export_targets import HEADS
from mmssl.checkpoints.load_report import (
    CheckpointMismatch,
    LoadReport,
    compare,
    state_of,
)
from mmssl.checkpoints.position_resize import Resized
from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.utils.optional import require
from mmssl.utils.whole_file import written_whole


def write_checked(
    out: Path,
    tensors: Mapping[str, torch.Tensor],
    meta: dict[str, Any],
    targets: Mapping[str, torch.nn.Module | None],
    resized: tuple[Resized, ...] = (),
) -> LoadReport | None:
    """Write a file, read it again, compare it, and only then name it.

    Args:
        out: The file; its suffix chooses the format.
        tensors: What goes in, by its names there.
        meta: Plain data; its ``layout`` chooses what a ``.pth`` holds.
        targets: Beginning of names -> network that takes them; None where
            its library is not installed.
        resized: Position tables that were interpolated, for the report.

    Returns:
        The comparison with all targets, or None where there are none.

    Raises:
        CheckpointMismatch: A target lacks tensors, or has no place for some.
    """
    layout = meta['layout']
    whole = {n: t.detach().clone().contiguous() for n, t in tensors.items()}
    out.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(out) as partial:
        _write(partial, whole, meta, layout)
        state = state_of(load_checkpoint(partial))
        report = _check(state, targets, f'{out} [{layout}]', resized)
    sidecar = dict(meta=meta, report=report and report.as_dict())
    out.with_name(out.name + '.json').write_text(json.dumps(sidecar, indent=2))
    return report


def _write(
    file: Path, tensors: dict[str, torch.Tensor], meta: dict, layout: str
) -> None:
    if file.suffix == '.safetensors':
        save = require('safetensors.torch', 'writing .safetensors').save
        # save_file would leave a file that only its owner may read
        file.write_bytes(
            save(tensors, metadata={k: str(v) for k, v in meta.items()})
        )
        return
    whole = dict(state_dict=tensors, meta=meta) if layout == 'mm' else tensors
    # torch's own opening of files ends in a RuntimeError of C++
    with file.open('wb') as stream:
        torch.save(whole, stream)


def _check(
    state: Mapping[str, torch.Tensor],
    targets: Mapping[str, torch.nn.Module | None],
    name: str,
    resized: tuple[Resized, ...],
) -> LoadReport | None:
    """Compare what was written with its targets, both ways.

    Args:
        state: What was written.
        targets: Beginning of names -> network; None where its library is
            not installed.
        name: Of the file.
        resized: For the report.
    """
    known = {prefix: net for prefix, net in targets.items() if net is not None}
    if not known:
        return None
    report = compare(
        {n: t for n, t in state.items() if n.startswith(tuple(known))},
        {
            prefix + name: tensor
            for prefix, net in known.items()
            for name, tensor in net.state_dict().items()
        },
        source=name,
        target=' and '.join(
            f'{type(net).__module__}.{type(net).__name__}'
            for net in known.values()
        ),
        optional=[prefix + head for prefix in known for head in HEADS],
        resized=resized,
    ).check(1.0)
    if report.unexpected:
        raise CheckpointMismatch(
            'the target has no place for some of the backbone, and its '
            f'features would differ\n{report}'
        )
    return report
