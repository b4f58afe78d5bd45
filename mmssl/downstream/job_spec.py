"""What one downstream job is asked to do, and what came of it.

A job is one task, one backbone, one seed, in one folder. Plain data: both
classes go through JSON and come back equal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from mmssl.checkpoints.atomic import write_text_atomically

JOB, RESULT, ERROR = 'job.json', 'result.json', 'error.json'
DEVICES = ('auto', 'cpu', 'cuda')
LAUNCHERS = ('none', 'pytorch', 'slurm')

_Plain = TypeVar('_Plain', 'BackboneSpec', 'JobSpec', 'JobResult')


@dataclass(frozen=True)
class BackboneSpec:
    """A backbone to put into a task.

    Args:
        name: For tables: ``'cmp'``, ``'random'``.
        file: A file of ``mmssl export --layout mm``; None: the random
            weights that the host itself starts from.
        config: Config of its class, as the export's meta has it, e.g.
            ``dict(type='ResNet', depth=18)``; None: as the file says, or,
            without a file, the backbone of the task's own config.
    """

    name: str
    file: str | None = None
    config: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> BackboneSpec:
        """Undo :meth:`to_dict`; ValueError for unknown or missing names."""
        return cls(**_checked(cls, given))


@dataclass(frozen=True)
class JobSpec:
    """One task, one backbone, one seed.

    Args:
        task: Name for tables.
        config: Config of the task: a path, ``'mmdet::...'`` (also of mmseg,
            mmpose, mmpretrain) or ``'mmssl::...'``.
        backbone: What is put in.
        seed: Of weights, order of the data and augmentation, >= 0.
        work_dir: Folder of logs, checkpoints and of the result.
        cfg_options: Changes to the config, keys with dots.
        metric: Name in the result that counts; None: the config's
            ``benchmark['metric']``, else the evaluator's first one.
        device: 'auto' (a GPU where there is one), 'cpu' or 'cuda'.
        launcher: What has started the job's processes: 'none', 'pytorch' or
            'slurm'.
        keep_checkpoints: Keep what the host saved, once the result is there.

    Raises:
        ValueError: A value out of range; valid ones are listed.

    Example:
        >>> spec = JobSpec('a', 'a.py', BackboneSpec('random'), 0, 'out')
        >>> JobSpec.from_dict(spec.to_dict()) == spec
        True
    """

    task: str
    config: str
    backbone: BackboneSpec
    seed: int
    work_dir: str
    cfg_options: dict[str, Any] = field(default_factory=dict)
    metric: str | None = None
    device: str = 'auto'
    launcher: str = 'none'
    keep_checkpoints: bool = False

    def __post_init__(self) -> None:
        for name, value, valid in (
            ('device', self.device, DEVICES),
            ('launcher', self.launcher, LAUNCHERS),
        ):
            if value not in valid:
                raise ValueError(
                    f'{name} must be one of {", ".join(valid)}, got {value!r}'
                )
        whole = isinstance(self.seed, int) and not isinstance(self.seed, bool)
        if not whole or self.seed < 0:
            raise ValueError(f'seed must be an integer >= 0, got {self.seed}')

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> JobSpec:
        """Undo :meth:`to_dict`; ValueError for unknown or missing names."""
        values = _checked(cls, given)
        if not isinstance(values['backbone'], BackboneSpec):
            values['backbone'] = BackboneSpec.from_dict(values['backbone'])
        return cls(**values)

    def write(self) -> Path:
        """Write ``job.json`` into the folder of the job; return its path."""
        return _write(self.to_dict(), Path(self.work_dir, JOB))

    @classmethod
    def read(cls, path: str | Path) -> JobSpec:
        """Read a ``job.json``; ValueError says what is wrong with it."""
        return cls.from_dict(_read(path))


@dataclass(frozen=True)
class JobResult:
    """What came of a job.

    Args:
        task: Name of the task.
        backbone: Name of the backbone.
        seed: Of the job.
        metric: Name of the number that counts.
        value: That number; None where the evaluator has no such metric.
        metrics: All that the evaluator says.
        load: ``matched`` and ``total`` (numbers of tensors), ``missing``,
            ``unexpected``, ``optional`` (names), ``text``; of random weights
            ``matched`` is 0.
        seconds: ``start`` (until the first step), ``train``, ``test``.
        versions: Of the packages that took part.
        identity: Hash of all that decides the result.
        notes: What was changed in the config or is worth knowing.
    """

    task: str
    backbone: str
    seed: int
    metric: str
    value: float | None
    metrics: dict[str, float]
    load: dict[str, Any]
    seconds: dict[str, float]
    versions: dict[str, str]
    identity: str
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return dict(asdict(self), notes=list(self.notes))

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> JobResult:
        """Undo :meth:`to_dict`; ValueError for unknown or missing names."""
        values = _checked(cls, given)
        return cls(**dict(values, notes=tuple(values.get('notes', ()))))

    def write(self, folder: str | Path) -> Path:
        """Write ``result.json``, whole or not at all; return its path."""
        return _write(self.to_dict(), Path(folder, RESULT))

    @classmethod
    def read(cls, path: str | Path) -> JobResult:
        """Read a ``result.json``; ValueError says what is wrong with it."""
        return cls.from_dict(_read(path))


def _checked(kind: type[_Plain], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a class, none unknown and none missing."""
    if not isinstance(given, Mapping):
        raise ValueError(
            f'a {kind.__name__} is a dict, got {type(given).__name__}'
        )
    known = {f.name: f for f in fields(kind)}
    unknown = sorted(set(given) - set(known))
    needed = [
        name
        for name, f in known.items()
        if f.default is MISSING and f.default_factory is MISSING
    ]
    missing = sorted(set(needed) - set(given))
    if unknown or missing:
        raise ValueError(
            f'{kind.__name__}: unknown {unknown}, missing {missing}; valid '
            f'names: {", ".join(sorted(known))}'
        )
    return dict(given)


def _write(content: dict[str, Any], path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text_atomically(json.dumps(content, indent=2) + '\n', path)
    return path


def _read(path: str | Path) -> Any:
    try:
        return json.loads(Path(path).read_text('utf-8'))
    except ValueError as error:
        raise ValueError(f'{path} is no JSON: {error}') from None
