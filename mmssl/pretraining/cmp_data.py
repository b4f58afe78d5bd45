"""From what a folder holds to frame pairs with flow, for CMP."""

from __future__ import annotations

import sys
from typing import Any

from mmengine.config import Config

from mmssl.flow.extraction import extract_folder
from mmssl.flow.lists import split_videos
from mmssl.flow.settings import ExtractionSettings
from mmssl.pretraining.data_folder import DataFolder, PretrainError
from mmssl.pretraining.machine import Machine
from mmssl.pretraining.recipes import Choice, Request

# Workers that keep a training busy while they compute flow.
ONLINE_CPUS = 8
FLOWS = ('auto', 'extract', 'online')
_SHARE_OF_VAL = 0.1
# Slower pairs teach little.
_MIN_MOTION_PX = 0.2
_LOADERS = """\
for loader in (
    _base_.train_dataloader,
    _base_.val_dataloader,
    _base_.test_dataloader,
):"""


def flow_comes_online(request: Request, machine: Machine) -> bool:
    """Whether workers compute the flow of videos while training.

    Raises:
        PretrainError: Another value of ``flow``.
    """
    if request.flow not in FLOWS:
        raise PretrainError(
            f'flow must be one of {", ".join(FLOWS)}, got {request.flow!r}'
        )
    return request.flow == 'online' or (
        request.flow == 'auto' and machine.cpus >= ONLINE_CPUS
    )


def prepare(
    data: DataFolder,
    request: Request,
    machine: Machine,
    base: Config,
    run: bool,
) -> DataFolder:
    """Return data to train on: lists, or videos whose flow comes online.

    Args:
        data: Lists or videos.
        request: Its ``flow``, ``work_dir`` and ``seed`` count.
        machine: Few cores extract the flow beforehand, once.
        base: The config for lists.
        run: False extracts nothing and tells what it would be.

    Raises:
        PretrainError: The flow cannot be extracted.
    """
    online = flow_comes_online(request, machine)
    if data.kind == 'pairs' or online:
        return data
    # Not from the request: a longer run must find the same pairs.
    samples = base.train_cfg.max_iters * base.train_dataloader.batch_size
    settings = ExtractionSettings(
        format='jpg' if machine.gpus else 'flo',
        short_size=step_of(base.val_dataloader).short_size,
        min_motion=_MIN_MOTION_PX,
        max_pairs=max(100, -(-samples // len(data.items))),
    )
    out = request.work_dir / 'flow'
    if not run:
        val = len(data.items) > 1
        return DataFolder(
            'pairs', out, (), 0, num_val=int(val), flow_type=settings.format
        )
    try:
        report = extract_folder(
            data.source,
            out,
            settings,
            val_share=_SHARE_OF_VAL,
            seed=request.seed,
            stream=sys.stderr,
        )
    except (ImportError, OSError, ValueError) as error:
        raise PretrainError(f'no flow of {data.source}: {error}') from error
    return DataFolder(
        'pairs',
        out,
        (),
        report.num_pairs(val=False),
        report.num_pairs(val=True),
        settings.format,
        tuple(f'{video.relative}: {video.detail}' for video in report.skipped),
    )


def data_statements(
    data: DataFolder, request: Request, base: Config
) -> tuple[list[str], dict[str, Any]]:
    """Return what points a config at the data.

    Args:
        data: From :func:`prepare`.
        request: Its seed splits videos.
        base: The config to change.

    Returns:
        Lines that change ``_base_``, and variables of the config.
    """
    if data.kind == 'pairs':
        lines = [
            *_LOADERS.split('\n'),
            '    loader.dataset.update(',
            f'        data_root={str(data.root)!r},',
            f'        flow_file_type={data.flow_type!r},',
            '    )',
            'del loader',
        ]
        return lines, {} if data.num_val else _no_validation()
    val = sorted(split_videos(data.items, _SHARE_OF_VAL, request.seed))
    train = [video for video in data.items if video not in set(val)]
    root = repr(str(data.root))
    if base.train_dataloader.dataset.type == 'VideoPairDataset':
        lines = [
            *_LOADERS.split('\n'),
            f'    loader.dataset.data_root = {root}',
            'del loader',
        ]
    else:
        lines = _online_instead_of_lists(base, root)
    changes: dict[str, Any] = dict(
        train_dataloader=dict(dataset=dict(videos=train))
    )
    if not val:
        return lines, {**changes, **_no_validation()}
    for name in ('val_dataloader', 'test_dataloader'):
        changes[name] = dict(dataset=dict(videos=val))
    return lines, changes


def data_choice(
    data: DataFolder, request: Request, machine: Machine
) -> Choice:
    """Say what the run learns from."""
    if data.kind == 'videos':
        why = f'{machine.cpus} cores compute the flow while training'
        if request.flow == 'online':
            why = 'flow is computed while training, as asked'
        return Choice('data', f'{len(data.items)} videos', why)
    if data.root != request.work_dir / 'flow':
        count = f'{data.num_train} pairs'
        return Choice('data', count, 'flow is there already')
    why = f'{machine.cpus} cores are too few to compute flow while training'
    if request.flow == 'extract':
        why = 'flow is computed beforehand, as asked'
    count = f'{data.num_train} pairs' if data.num_train else 'pairs'
    return Choice('data', f'{count} in {data.root}', why)


def step_of(loader: Any) -> Any:
    """Return the transform that gives images their size."""
    for step in loader.dataset.pipeline:
        if step.type == 'ResizeCropImageFlow':
            return step
    raise PretrainError('the base config has no ResizeCropImageFlow')


def _online_instead_of_lists(base: Config, root: str) -> list[str]:
    """Return lines that replace stored flow by flow from videos."""
    return [
        *_LOADERS.split('\n'),
        '    loader.dataset = dict(',
        "        type='VideoPairDataset',",
        f'        data_root={root},',
        "        estimator='dis',",
        f'        short_size={step_of(base.val_dataloader).short_size},',
        f'        min_motion={_MIN_MOTION_PX},',
        '        pipeline=[',
        '            step',
        '            for step in loader.dataset.pipeline',
        "            if step.type not in ('LoadImageRGB', 'LoadFlow')",
        '        ],',
        '    )',
        'for loader in (_base_.val_dataloader, _base_.test_dataloader):',
        '    loader.dataset.update(samples_per_epoch=60, test_mode=True)',
        'del loader',
    ]


def _no_validation() -> dict[str, None]:
    """Return what leaves validation out: there is nothing to hold out."""
    names = ('val', 'test')
    parts = ('dataloader', 'evaluator', 'cfg')
    return {f'{name}_{part}': None for name in names for part in parts}
