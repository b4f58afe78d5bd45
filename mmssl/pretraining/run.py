"""A pretraining on disk: its config, checkpoints and numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmengine.config import Config

from mmssl.checkpoints.export import export_backbone
from mmssl.checkpoints.latest import latest_checkpoint
from mmssl.checkpoints.load_report import LoadReport
from mmssl.engine.launch import train
from mmssl.engine.run_config import load_config
from mmssl.evaluation.scalar_log import read_curves
from mmssl.pretraining.data_folder import PretrainError
from mmssl.pretraining.recipes import Choice

if TYPE_CHECKING:
    from mmssl.apis.motion_propagator import MotionPropagator


@dataclass(frozen=True)
class PretrainRun:
    """A run: what was chosen, and what came out.

    Attributes:
        config_path: The config. Edit it, then :meth:`train`, or
            ``mmssl train CONFIG --resume``.
        work_dir: Logs, checkpoints, and maybe extracted flow.
        choices: The settings with reasons; empty where the config of an
            earlier call is used.
    """

    config_path: Path
    work_dir: Path
    choices: tuple[Choice, ...] = field(default=())

    @property
    def config(self) -> Config:
        """The config as it is now, with all it inherits."""
        return load_config(self.config_path)

    @property
    def checkpoint(self) -> Path | None:
        """The newest checkpoint; None before there is one."""
        found = latest_checkpoint(self.work_dir)
        return None if found is None else Path(found)

    @property
    def metrics(self) -> dict[str, float]:
        """The last value of everything logged, such as ``flow/EPE``."""
        try:
            curves = read_curves(self.work_dir)
        except FileNotFoundError:
            return {}
        return {name: values[-1] for name, (_, values) in curves.items()}

    def train(self, resume: str | None = 'auto') -> PretrainRun:
        """Train, or go on.

        Args:
            resume: 'auto': from the last checkpoint, if there is one; a
                checkpoint; or None: anew.

        Returns:
            The run.

        Raises:
            LaunchError: It cannot start.
        """
        train(self.config_path, work_dir=str(self.work_dir), resume=resume)
        return self

    def export(self, out: str | Path, **options: Any) -> LoadReport | None:
        """Write the backbone for other projects.

        Args:
            out: File to write.
            **options: See :func:`~mmssl.checkpoints.export.export_backbone`.

        Returns:
            The comparison with the network it is for.

        Raises:
            PretrainError: There is no checkpoint yet.
        """
        options.setdefault('config', self.config)
        return export_backbone(self._trained(), out, **options)

    def propagator(self, device: str = 'auto') -> MotionPropagator:
        """Return the trained CMP network, to be asked for flow.

        Args:
            device: See :class:`~mmssl.apis.MotionPropagator`.

        Raises:
            PretrainError: There is no checkpoint yet, or the method is
                another.
        """
        kind = self.config.model.type.split('.')[-1]
        if kind != 'CMP':
            raise PretrainError(
                f'{kind} predicts no flow: only a run of method "cmp" can be '
                'asked for it'
            )
        from mmssl.apis.motion_propagator import MotionPropagator

        return MotionPropagator(self.config, self._trained(), device)

    def _trained(self) -> Path:
        found = self.checkpoint
        if found is None:
            raise PretrainError(
                f'{self.work_dir} holds no checkpoint yet: train() first'
            )
        return found
