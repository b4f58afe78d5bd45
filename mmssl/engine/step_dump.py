"""One step of training in files: enough to take it again elsewhere.

A folder holds ``state.pth``, written by process 0 (weights, optimizer,
schedulers, config, versions), and ``rank_R.pth`` of each process (its
batches, random states, buffers). Both are plain data: reading them runs
nothing. ``state.pth`` is a checkpoint too: ``load_from`` and export take it.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.dist import get_world_size
from mmengine.structures import BaseDataElement
from torch import nn

from mmssl.checkpoints.atomic import write_checkpoint
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.engine.gradients import GradientRow
from mmssl.engine.plain_data import encode
from mmssl.engine.run_state import optim_wrappers
from mmssl.engine.step_window import StepWindow
from mmssl.utils.model_wrapper import unwrapped
from mmssl.version import __version__

VERSION = 1
_NAMES = (
    *('img_path', 'flow_path', 'target_img_path', 'source'),
    *('sample_idx', 'frame_idx', 'draw'),
)
_HUB = ('epoch', 'iter', 'max_epochs', 'max_iters')


def sample_names(batch: Any) -> list[dict[str, Any]]:
    """Return what names each sample of a batch: files, index, draw.

    Args:
        batch: Of a loader; its ``data_samples`` carry the names.

    Example:
        >>> from mmpretrain.structures import DataSample
        >>> sample = DataSample(metainfo=dict(img_path='a.png', flip=True))
        >>> sample_names(dict(data_samples=[sample]))
        [{'img_path': 'a.png'}]
    """
    samples = batch.get('data_samples') if isinstance(batch, Mapping) else None
    if not isinstance(samples, (list, tuple)):
        return []
    return [
        {
            key: encode(sample.get(key))
            for key in _NAMES
            if isinstance(sample, (BaseDataElement, Mapping))
            and sample.get(key) is not None
        }
        for sample in samples
    ]


def rank_part(
    window: StepWindow, rows: Sequence[GradientRow], bad_loss: bool
) -> dict[str, Any]:
    """Return what one process has to tell about a step.

    Args:
        window: The step's batches and buffers.
        rows: Of the gradients that would have been stepped with.
        bad_loss: Whether a loss of this process is not finite.
    """
    batches = [
        dict(
            iteration=micro.iteration,
            batch=encode(micro.batch),
            samples=sample_names(micro.batch),
            random=micro.random,
            terms={k: float(v.mean()) for k, v in terms.items()},
        )
        for micro, terms in zip(window.batches, window.terms)
    ]
    buffers = window.buffers.state_dict()
    return dict(
        version=VERSION,
        batches=batches,
        buffers={name: value.cpu() for name, value in buffers.items()},
        waiting_gradients=window.gradients,
        gradients=[tuple(row) for row in rows],
        bad_loss=bad_loss,
    )


def run_part(runner: Any) -> dict[str, Any]:
    """Return what all processes share: the model and how it is trained.

    Args:
        runner: Its weights and buffers are those from before the step.
    """
    model = unwrapped(runner.model)
    cfg = runner.cfg
    return dict(
        version=VERSION,
        state_dict=model.state_dict(),
        optimizer=runner.optim_wrapper.state_dict(),
        param_schedulers=encode(_schedulers(runner.param_schedulers)),
        counts={
            name: dict(inner=w._inner_count, maximum=w._max_counts)
            for name, w in optim_wrappers(runner)
        },
        modes=modes(model),
        hub={k: encode(runner.message_hub.get_info(k)) for k in _HUB},
        config=encode(cfg.to_dict()),
        config_text=cfg.pretty_text,
        settings=numeric_settings(),
        versions=versions(),
        device=str(next(model.parameters()).device),
        meta=dict(iter=runner.iter, epoch=runner.epoch),
        world_size=get_world_size(),
    )


def modes(model: nn.Module) -> dict[str, list[str]]:
    """Return which modules are in evaluation mode, which weights frozen."""
    return dict(
        evaluating=[n for n, m in model.named_modules() if not m.training],
        frozen=[
            name
            for name, parameter in model.named_parameters()
            if not parameter.requires_grad
        ],
    )


def versions() -> dict[str, str]:
    """Return the versions that decide on the last bit."""
    return dict(
        mmssl=__version__,
        python=platform.python_version(),
        torch=str(torch.__version__),
        numpy=np.__version__,
        machine=platform.machine(),
        cpu=torch.backends.cpu.get_cpu_capability(),
        gpu=torch.cuda.get_device_name() if torch.cuda.is_available() else '',
    )


def numeric_settings() -> dict[str, Any]:
    """Return the switches of torch that decide on the last bit."""
    return dict(
        threads=torch.get_num_threads(),
        cudnn_benchmark=torch.backends.cudnn.benchmark,
        cudnn_deterministic=torch.backends.cudnn.deterministic,
        cudnn_tf32=torch.backends.cudnn.allow_tf32,
        deterministic=torch.are_deterministic_algorithms_enabled(),
        matmul_precision=torch.get_float32_matmul_precision(),
    )


def apply_settings(settings: Mapping[str, Any]) -> None:
    """Set what :func:`numeric_settings` returned."""
    torch.set_num_threads(settings['threads'])
    torch.backends.cudnn.benchmark = settings['cudnn_benchmark']
    torch.backends.cudnn.deterministic = settings['cudnn_deterministic']
    torch.backends.cudnn.allow_tf32 = settings['cudnn_tf32']
    torch.use_deterministic_algorithms(
        settings['deterministic'], warn_only=True
    )
    torch.set_float32_matmul_precision(settings['matmul_precision'])


def room_for(folder: Path, max_dumps: int) -> str:
    """Say why a dump may not be written; empty: it may.

    Args:
        folder: Of the new dump; its siblings are counted.
        max_dumps: At most so many. The first ones stay: what went wrong
            first is the cause of the rest.
    """
    others = [f for f in folder.parent.glob('iter_*') if f != folder]
    if len(others) < max_dumps:
        return ''
    return (
        f'{folder.parent} holds {len(others)} already, of max_dumps='
        f'{max_dumps}; the first ones are kept'
    )


def write_part(part: Mapping[str, Any], file: Path) -> int:
    """Write a part of a dump atomically; return its size in bytes.

    Raises:
        OSError: It cannot be written. Nothing is left behind.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        write_checkpoint(dict(part), file)
    except OSError:
        with suppress(OSError):  # an empty folder would look like a dump
            file.parent.rmdir()
        raise
    return file.stat().st_size


def read_dump(folder: str | Path, rank: int) -> tuple[dict, dict]:
    """Read a dump.

    Args:
        folder: As named when it was written.
        rank: Of the process.

    Returns:
        What :func:`run_part` and :func:`rank_part` returned.

    Raises:
        FileNotFoundError: A file is not there; those that are, are listed.
        CheckpointError: A file is refused, damaged or no dump.
    """
    parts = []
    for name in ('state.pth', f'rank_{rank}.pth'):
        file = Path(folder) / name
        if not file.is_file():
            there = sorted(f.name for f in Path(folder).glob('*.pth'))
            raise FileNotFoundError(
                f'{file} is not there; in that folder: '
                f'{", ".join(there) or "no .pth files"}'
            )
        part = load_checkpoint(file)
        if not isinstance(part, dict) or part.get('version') != VERSION:
            raise CheckpointError(f'{file} is no dump of a step')
        parts.append(part)
    return parts[0], parts[1]


def ranks_of(folder: str | Path) -> list[int]:
    """Return the ranks that a dump has files of, in order.

    Raises:
        FileNotFoundError: None: it is no dump.
    """
    files = Path(folder).glob('rank_*.pth')
    ranks = sorted(int(file.stem.split('_')[1]) for file in files)
    if not ranks:
        raise FileNotFoundError(
            f'{folder} is no folder of a dump: it has no rank_0.pth. Dumps '
            'lie in nan_dumps/iter_N of a work dir'
        )
    return ranks


def _schedulers(schedulers: Any) -> Any:
    """Return the states of one or several lists of schedulers."""
    if isinstance(schedulers, Mapping):
        return {name: _schedulers(part) for name, part in schedulers.items()}
    return [scheduler.state_dict() for scheduler in schedulers or []]
