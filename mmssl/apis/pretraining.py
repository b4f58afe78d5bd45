"""From a backbone's name and a folder to a pretrained backbone."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mmssl.checkpoints.latest import latest_checkpoint
from mmssl.pretraining.config_text import render
from mmssl.pretraining.data_folder import DataFolder, PretrainError
from mmssl.pretraining.machine import inspect_machine
from mmssl.pretraining.recipes import Plan, Request, find_recipe
from mmssl.pretraining.run import PretrainRun

_CALL = '# call: '


def pretrain(
    backbone: str | Mapping[str, Any] | None,
    data: str | Path,
    work_dir: str | Path | None = None,
    *,
    method: str = 'cmp',
    iterations: int | None = None,
    epochs: float | None = None,
    batch_size: int | None = None,
    lr: float | None = None,
    workers: int | None = None,
    precision: str | None = None,
    flow: str = 'auto',
    crop: str = 'auto',
    init: str | Path | None = None,
    seed: int = 0,
    resume: str | None = 'auto',
    dry_run: bool = False,
    report: Callable[[str], None] = print,
) -> PretrainRun:
    """Pretrain a backbone on a folder, with settings that fit the machine.

    The settings are found from the machine and told with their reasons; they
    are written as a short config, which can be edited and run by
    ``mmssl train``. The same call again goes on where the run was stopped,
    with the config as it is by then.

    Args:
        backbone: A short name ('resnet18', 'resnet50', 'swin_tiny', ...), a
            model or class of mmpretrain, or a config; None: 'resnet50' with
            a GPU, 'resnet18' without; for 'dino' and 'solider' that of
            ``init``, else a Swin-T with a GPU, a smaller Swin without.
        data: For 'cmp' a folder of videos or of frame folders, one video, or
            a folder with ``train.txt`` (and ``val.txt``) of pairs with flow;
            for the others a folder of images, in any sub-folders.
        work_dir: Where everything goes; None: ``work_dirs/METHOD_FOLDER``.
        method: 'byol', 'cmp', 'dino', 'scrl' or 'solider'.
        iterations: Length; None: as many samples, or passes over the data,
            as the recipe sees.
        epochs: Length in passes over the data, in place of iterations.
        batch_size: None: the recipe's, halved until it fits the memory.
        lr: None: the recipe's, scaled with the batch.
        workers: Processes that load data; None: by the cores.
        precision: 'fp32', 'bf16', 'fp16'; None: by the GPU.
        flow: For 'cmp': 'extract' computes the flow of videos once, before;
            'online' while training; 'auto': online with eight cores or more.
        crop: For 'dino' and 'solider': size of the large views,
            'HEIGHTxWIDTH' such as '256x128'; 'auto': tall if most pictures
            are, else square.
        init: For 'dino' and 'solider': a checkpoint, or the work dir of a
            run, to start from.
        seed: Of everything random.
        resume: 'auto': go on from the last checkpoint of the work dir, if
            there is one; a checkpoint; None: anew.
        dry_run: Only write the config.
        report: Takes what there is to tell, line by line.

    Returns:
        The run; ``run.export('backbone.pth')`` writes the backbone.

    Raises:
        PretrainError: Nothing to learn from, settings that cannot be had, or
            a work dir that holds a run of another call.
    """
    recipe = find_recipe(method)
    if work_dir is None:
        work_dir = Path('work_dirs', f'{method}_{Path(data).resolve().stem}')
    request = Request(
        backbone=backbone,
        work_dir=Path(work_dir).absolute(),
        iterations=iterations,
        epochs=epochs,
        batch_size=batch_size,
        lr=lr,
        workers=workers,
        precision=precision,
        flow=flow,
        crop=crop,
        init=str(Path(init).absolute()) if init else '',
        seed=seed,
    )
    _check_numbers(request)
    recipe.check_request(request)
    found = recipe.inspect(data)
    recipe.check(found)
    path = request.work_dir / 'config' / f'{method}_pretrain.py'
    call = _call_of(method, found, request)
    reused = _is_reused(path, call, request.work_dir)
    machine = inspect_machine()
    ready = recipe.prepare(found, request, machine, not dry_run)
    for note in dict.fromkeys([*found.notes, *ready.notes]):
        report(f'left out   {note}')
    run = PretrainRun(path, request.work_dir)
    if not reused:
        plan = recipe.plan(ready, request, machine)
        _write(path, plan, call)
        run = PretrainRun(path, request.work_dir, plan.choices)
    for choice in run.choices:
        report(str(choice))
    report(
        f'config     {path}'
        + (': of the earlier call, used as it is' if reused else '')
    )
    if dry_run:
        report(f'next       mmssl train {path} --resume')
        return run
    return run.train(resume)


def _write(path: Path, plan: Plan, call: str) -> None:
    """Write the config; one that is there gets another name."""
    comments = [
        'Written by mmssl.apis.pretrain. Edit it, then call that again as',
        'before, or: mmssl train CONFIG --resume',
        *(str(choice) for choice in plan.choices),
        call[2:],
    ]
    text = render(plan.base, plan.statements, plan.changes, comments)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            os.replace(path, path.with_suffix('.py.old'))
        path.write_text(text, encoding='utf-8')
    except OSError as error:
        raise PretrainError(
            f'{path} cannot be written ({error.strerror}): choose another '
            'work_dir'
        ) from error


def _call_of(method: str, data: DataFolder, request: Request) -> str:
    """Return the arguments as a comment, to know them again."""
    values = dict(vars(request), method=method, data=str(data.source))
    del values['work_dir']  # it may be moved
    # not given: as in configs from before there were these options
    for name, default in (('crop', 'auto'), ('init', '')):
        if values[name] == default:
            del values[name]
    return _CALL + json.dumps(values, sort_keys=True, default=str)


def _is_reused(path: Path, call: str, work_dir: Path) -> bool:
    """Whether the config of an earlier call serves this one.

    Raises:
        PretrainError: It was another call, and the run has begun.
    """
    if not path.is_file():
        _check_unused(work_dir, path)
        return False
    lines = path.read_text(encoding='utf-8').splitlines()
    before = next((line for line in lines if line.startswith(_CALL)), '')
    if before == call:
        return True
    if latest_checkpoint(work_dir) is None:
        return False
    old, new = (
        json.loads(text[len(_CALL) :] or '{}') for text in (before, call)
    )
    told = ', '.join(
        f'{key}={old.get(key)!r} (now {new.get(key)!r})'
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    )
    raise PretrainError(
        f'{work_dir} holds a run with {told}: choose another work_dir, or '
        f'edit {path} and go on with "mmssl train {path} --resume"'
    )


def _check_unused(work_dir: Path, path: Path) -> None:
    """Refuse a work dir with the run of another method, or of a config.

    BYOL's tensors have the names of SCRL's: it would go on from them.
    """
    last = latest_checkpoint(work_dir)
    if last is None:
        return
    others = sorted(file.name for file in path.parent.glob('*_pretrain.py'))
    of = f'by {", ".join(others)}, ' if others else ''
    raise PretrainError(
        f'{work_dir} holds another run ({of}{Path(last).name}): choose '
        'another work_dir'
    )


def _check_numbers(request: Request) -> None:
    """Refuse sizes that make no sense."""
    for name in ('iterations', 'epochs', 'batch_size'):
        value = getattr(request, name)
        if value is not None and not value > 0:
            raise PretrainError(f'{name} must be positive, got {value}')
    if request.batch_size == 1:
        raise PretrainError('batch_size must be >= 2: batch norm needs two')
