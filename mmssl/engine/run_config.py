"""From a config's name and the command line to what a Runner takes.

Everything that can be wrong before a run starts is found here.
"""

from __future__ import annotations

import contextlib
import copy
import difflib
import tempfile
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config

from mmssl.checkpoints.latest import latest_checkpoint
from mmssl.engine.collate_scope import drop_collate_scope
from mmssl.engine.config_keys import misspelled_keys
from mmssl.utils.host import config_file, config_root

_OWN = 'mmssl::'
# Hooks of every run; what a config lists itself is not added twice.
RUN_HOOKS = (
    # before losses are averaged over processes
    'FiniteGuardHook',
    'AverageLossHook',
    'PlainMessageHubHook',
    'StopSignalHook',
    'LoadReportHook',
    'BadDataHook',
    'ThroughputHook',
)

# Name on the command line -> type of the optimiser wrapper.
PRECISIONS = {
    'bf16': 'mmssl.Bf16OptimWrapper',
    'fp16': 'AmpOptimWrapper',
    'fp32': 'OptimWrapper',
}


class LaunchError(ValueError):
    """A run that cannot start, with the reason for its user."""


def load_config(name: str | Path | Config) -> Config:
    """Read a config by its path, or as ``mmssl::cmp/...``.

    Args:
        name: Path of a file, name of one of mmssl's configs, or a config.

    Returns:
        The config, a copy if it was one already.

    Raises:
        LaunchError: No such file; close names are listed.
    """
    if isinstance(name, Config):
        return copy.deepcopy(name)
    if str(name).startswith(_OWN):
        try:
            return Config.fromfile(config_file(str(name)[len(_OWN) :]))
        except FileNotFoundError as error:
            raise LaunchError(str(error)) from None
    if not Path(name).is_file():
        close = _close_names(Path(name))
        raise LaunchError(
            f'there is no config {str(name)!r}'
            + (f'; close names: {", ".join(close)}' if close else '')
        )
    return drop_collate_scope(Config.fromfile(name))


def _close_names(missing: Path) -> list[str]:
    """Return up to five configs whose names resemble a missing one's."""
    files = {file.stem: str(file) for file in missing.parent.glob('*.py')}
    with contextlib.suppress(FileNotFoundError):
        for file in config_root().rglob('*.py'):
            files.setdefault(file.stem, str(file))
    stems = difflib.get_close_matches(missing.stem, files, n=5, cutoff=0.5)
    return [files[stem] for stem in stems]


def refuse_misspelled(cfg: Config) -> None:
    """Stop at a name that nothing reads but looks like one that is read.

    Raises:
        LaunchError: It names each, and what was probably meant.
    """
    wrong = misspelled_keys(cfg)
    if wrong:
        raise LaunchError(
            '; '.join(
                f'nothing reads {key} of the config, did you mean {meant}?'
                for key, meant in sorted(wrong.items())
            )
            + ' (a name of your own must differ more, or be deleted at the '
            "config's end)"
        )


def set_work_dir(cfg: Config, work_dir: str | None, name: str) -> Path:
    """Choose the work dir and make sure that it can be written.

    Args:
        cfg: Gets ``work_dir``: the argument, else its own, else
            ``./work_dirs/<name>``.
        work_dir: From the command line, or None.
        name: Stem of the config's file.

    Returns:
        The folder, which exists.

    Raises:
        LaunchError: It cannot be made or written.
    """
    cfg.work_dir = work_dir or cfg.get('work_dir') or f'./work_dirs/{name}'
    folder = Path(cfg.work_dir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise LaunchError(
            f'the work dir {cfg.work_dir!r} cannot be written '
            f'({error.strerror}): choose another with --work-dir'
        ) from error
    return folder


def set_resume(cfg: Config, resume: str | None) -> None:
    """Set what a run resumes from.

    Args:
        cfg: Gets ``resume`` and ``load_from``.
        resume: A checkpoint; 'auto' for the newest good one in the work dir
            (none there starts anew, from the config's ``load_from`` if it
            has one); None leaves the config as it is, where
            ``resume = True`` without ``load_from`` means 'auto'.

    Raises:
        LaunchError: No such checkpoint.
        CheckpointError: All checkpoints of the work dir are broken.
    """
    if resume is None:
        if not cfg.get('resume') or cfg.get('load_from'):
            return
        resume = 'auto'
    if resume == 'auto':
        found = latest_checkpoint(cfg.work_dir)
        cfg.resume = found is not None
        if found is not None:
            cfg.load_from = str(found)
        return
    if '://' not in resume and not Path(resume).is_file():
        raise LaunchError(f'there is no checkpoint {resume!r} to resume from')
    cfg.resume, cfg.load_from = True, resume


def set_amp(cfg: Config, amp: bool) -> None:
    """Switch to mixed precision: float16 on a GPU, bfloat16 on the CPU.

    Args:
        cfg: Its ``optim_wrapper`` is changed. One that says AmpOptimWrapper
            already is changed too where there is no GPU.
        amp: Asked for on the command line.

    Raises:
        LaunchError: The config has a wrapper of another kind.
    """
    kind = _wrapper_kind(cfg)
    on_gpu = torch.cuda.is_available()
    if not amp and (on_gpu or kind != 'AmpOptimWrapper'):
        return
    if on_gpu and kind in ('AmpOptimWrapper', 'Bf16OptimWrapper'):
        return  # mixed already
    set_precision(cfg, 'fp16' if on_gpu else 'bf16')


def set_precision(cfg: Config, precision: str | None) -> None:
    """Choose what the forward pass is computed in; weights stay float32.

    Args:
        cfg: Its ``optim_wrapper`` is changed.
        precision: One of :data:`PRECISIONS`: 'fp16' scales the loss and
            needs a GPU, 'bf16' runs everywhere; None changes nothing.

    Raises:
        LaunchError: Unknown, no GPU for 'fp16', or the config has a wrapper
            of another kind.
    """
    if precision is None:
        return
    if precision not in PRECISIONS:
        raise LaunchError(
            f'precision must be one of {", ".join(PRECISIONS)}, got '
            f'{precision!r}'
        )
    if precision == 'fp16' and not torch.cuda.is_available():
        raise LaunchError('fp16 needs a GPU, and there is none: take bf16')
    kind = _wrapper_kind(cfg)
    known = ('AmpOptimWrapper', 'Bf16OptimWrapper', 'OptimWrapper')
    if cfg.get('optim_wrapper') is None or kind not in known:
        raise LaunchError(
            f'--amp and --precision replace optim_wrapper types '
            f'{", ".join(known)}, not {kind}: set the precision in the config'
        )
    wrapper = cfg.optim_wrapper
    if precision == 'fp16':
        wrapper.type = 'AmpOptimWrapper'
        wrapper.setdefault('loss_scale', 'dynamic')
        if 'dtype' in wrapper:
            wrapper.dtype = 'float16'
        return
    wrapper.type = PRECISIONS[precision]
    for key in ('loss_scale', 'dtype', 'use_fsdp'):
        wrapper.pop(key, None)


def _wrapper_kind(cfg: Config) -> str:
    """Return the type of a config's optimiser wrapper, without scope."""
    wrapper = cfg.get('optim_wrapper') or {}
    return str(wrapper.get('type', 'OptimWrapper')).split('.')[-1]


def set_auto_scale_lr(cfg: Config, auto_scale_lr: bool) -> None:
    """Scale the learning rate by batch size / base batch size, if asked.

    Raises:
        LaunchError: The config has no base batch size.
    """
    if not auto_scale_lr:
        return
    if 'base_batch_size' not in (cfg.get('auto_scale_lr') or {}):
        raise LaunchError(
            '--auto-scale-lr needs auto_scale_lr = dict(base_batch_size=...) '
            'in the config'
        )
    cfg.auto_scale_lr.enable = True


def drop_validation(cfg: Config) -> None:
    """Train without validation."""
    cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None


def test_on_validation(cfg: Config) -> None:
    """Test on the validation data where a config has no test data.

    Raises:
        LaunchError: It has neither.
    """
    for part, default in (
        ('dataloader', None),
        ('evaluator', None),
        ('cfg', dict(type='TestLoop')),
    ):
        if cfg.get(f'test_{part}') is None:
            cfg[f'test_{part}'] = default or cfg.get(f'val_{part}')
    if cfg.test_dataloader is None or cfg.test_evaluator is None:
        raise LaunchError(
            'the config has neither test_dataloader and test_evaluator nor '
            'val_dataloader and val_evaluator. What a method learns without '
            'labels is judged by "mmssl probe"'
        )


def set_min_matched(cfg: Config, share: float) -> None:
    """Set how much of the model ``load_from`` must fill.

    Args:
        cfg: Its LoadReportHook is changed; see :func:`add_run_hooks`.
        share: Share of the model's tensors, in [0, 1].
    """
    hooks = [*cfg.custom_hooks, *(cfg.get('default_hooks') or {}).values()]
    for hook in hooks:
        if str((hook or {}).get('type')).endswith('LoadReportHook'):
            hook['load_from'] = share


def add_run_hooks(cfg: Config) -> None:
    """Add the hooks that every run of mmssl has (:data:`RUN_HOOKS`)."""
    hooks: list[Any] = list(cfg.get('custom_hooks') or [])
    listed = [*hooks, *(cfg.get('default_hooks') or {}).values()]
    present = {
        str(hook['type']).split('.')[-1]
        for hook in listed
        if isinstance(hook, dict)
    }
    cfg.custom_hooks = hooks + [
        dict(type=f'mmssl.{name}') for name in RUN_HOOKS if name not in present
    ]
