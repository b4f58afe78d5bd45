"""Train and evaluate: what ``tools/train.py`` and ``tools/test.py`` call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.registry import RUNNERS
from mmengine.runner import Runner
from mmengine.utils import import_modules_from_strings

from mmssl.checkpoints.safe_load import install_safe_loader
from mmssl.engine import run_config
from mmssl.engine.config_options import change_config
from mmssl.engine.hooks.momentum_teacher_hook import warn_idle_teacher
from mmssl.engine.processes import process_group, release_wrapper
from mmssl.engine.runner import ExactRunner
from mmssl.engine.speed_options import SpeedOptions, set_speed
from mmssl.engine.stop_request import stop_request

# A config's runner_type that means the default one.
_OURS = (None, 'Runner', 'mmengine.Runner')


def train(
    config: str | Path | Config,
    *,
    work_dir: str | None = None,
    resume: str | None = None,
    amp: bool = False,
    speed: SpeedOptions | None = None,
    auto_scale_lr: bool = False,
    validate: bool = True,
    cfg_options: dict[str, Any] | None = None,
    launcher: str = 'none',
) -> Runner:
    """Train a config to its end.

    Args:
        config: Path of a config, ``mmssl::cmp/...``, or a config.
        work_dir: Folder of logs and checkpoints; default: the config's, else
            ``./work_dirs/<config's name>``.
        resume: A checkpoint to go on from, or 'auto': the last one in the
            work dir, if there is one.
        amp: Mixed precision: float16 on a GPU, bfloat16 on the CPU.
        speed: Precision, torch.compile and the like, see
            :mod:`mmssl.engine.speed_options`.
        auto_scale_lr: Scale the learning rate with the global batch size.
        validate: False leaves the validation out.
        cfg_options: Changes to the config: ``{'train_cfg.max_iters': 10}``.
        launcher: 'none', 'pytorch', 'slurm' or 'mpi'.

    Returns:
        The Runner, after training.

    Raises:
        LaunchError: Something is wrong before anything starts.
        CheckpointError: The checkpoint is refused or damaged.
        RunStopped: SIGTERM or SIGUSR1 came; a checkpoint is saved (a
            SystemExit of status 0).
    """
    cfg = _prepared(config, work_dir, cfg_options)
    run_config.set_resume(cfg, resume)
    run_config.set_amp(cfg, amp)
    if speed is not None:
        set_speed(cfg, speed)
    run_config.set_auto_scale_lr(cfg, auto_scale_lr)
    if not validate:
        run_config.drop_validation(cfg)
    with stop_request(), process_group(cfg, launcher):
        runner = _build_runner(cfg)
        warn_idle_teacher(runner)
        try:
            runner.train()
        finally:
            release_wrapper(runner)
    return runner


def evaluate(
    config: str | Path | Config,
    checkpoint: str | Path,
    *,
    work_dir: str | None = None,
    min_matched: float = 0.9,
    cfg_options: dict[str, Any] | None = None,
    launcher: str = 'none',
) -> dict[str, float]:
    """Evaluate a checkpoint on a config's test (else validation) data.

    Args:
        config: Path of a config, ``mmssl::cmp/...``, or a config.
        checkpoint: File with the whole model.
        work_dir: As in :func:`train`.
        min_matched: Share of the model's tensors that the file must have.
        cfg_options: As in :func:`train`.
        launcher: As in :func:`train`.

    Returns:
        Name -> value of every metric.

    Raises:
        LaunchError: Something is wrong before anything starts.
        CheckpointMismatch: A checkpoint of another architecture.
        CheckpointError: The checkpoint is refused or damaged.
        FileNotFoundError: There is no such checkpoint.
    """
    cfg = _prepared(config, work_dir, cfg_options)
    if '://' not in str(checkpoint) and not Path(checkpoint).is_file():
        raise FileNotFoundError(f'there is no checkpoint {str(checkpoint)!r}')
    run_config.test_on_validation(cfg)
    cfg.resume, cfg.load_from = False, str(checkpoint)
    run_config.set_min_matched(cfg, min_matched)
    with process_group(cfg, launcher):
        runner = _build_runner(cfg)
        metrics = runner.test()
        release_wrapper(runner)
    return metrics


def _prepared(
    config: str | Path | Config,
    work_dir: str | None,
    cfg_options: dict[str, Any] | None,
) -> Config:
    """Read a config, change it, and check its work dir."""
    install_safe_loader()  # before a config in YAML is read
    cfg = run_config.load_config(config)
    if cfg_options:
        change_config(cfg, cfg_options)
        # a config's own are imported as it is read, later ones are not
        if cfg.get('custom_imports'):
            import_modules_from_strings(**cfg.custom_imports)
    run_config.refuse_misspelled(cfg)
    name = config.filename if isinstance(config, Config) else config
    run_config.set_work_dir(cfg, work_dir, Path(name or 'unnamed').stem)
    run_config.add_run_hooks(cfg)
    return cfg


def _build_runner(cfg: Config) -> Runner:
    """Build the Runner: the exact one, unless the config names another."""
    if cfg.get('runner_type') in _OURS:
        return ExactRunner.from_cfg(cfg)
    kind = str(cfg.runner_type)
    if cfg.get('speed') and 'ExactRunner' not in kind:
        raise run_config.LaunchError(
            f'speed = ... is read by ExactRunner, not by {kind}'
        )
    return RUNNERS.build(cfg)
