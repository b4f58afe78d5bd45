"""Read damaged files: nothing but a named file may come of it.

Every damaged file must either give a valid array or raise a
:class:`~mmssl.io.errors.DataFileError` that names it. No other error, no
crash of a decoder, no hang, no flood of memory. The files are read in
processes of their own, so that a crash is a result as well.
"""

from __future__ import annotations

import contextlib
import functools
import os
import resource
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import numpy as np

from mmssl.datasets.line_index import LineIndex
from mmssl.flow.progress import ProgressBar
from mmssl.flow.run import run_tasks
from mmssl.flow.workers import Reply, WorkerPool
from mmssl.io.errors import DataFileError
from mmssl.io.flow_files import read_flow
from mmssl.io.images import read_grey, read_rgb
from mmssl.io.quick_check import (
    quick_flow_size,
    quick_image_size,
    quick_video_check,
)
from mmssl.io.videos import open_video
from mmssl.testing.fuzz_files import (
    Seed,
    choose_seed,
    mutate,
    write_seeds,
)

MAX_MB = 2048  # of a process, peak
_MAX_FRAMES = 40


class Case(NamedTuple):
    """One damaged file."""

    seed: Seed
    data: bytes


@dataclass
class FuzzResult:
    """What became of the damaged files.

    Attributes:
        counts: (kind, 'read' or 'refused') -> files.
        failures: Number of the case -> what went wrong.
        peak_mb: Largest memory of a process that reads.
    """

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    failures: dict[int, str] = field(default_factory=dict)
    peak_mb: float = 0.0

    def text(self) -> str:
        """Return a table and the failures."""
        kinds = sorted({kind for kind, _ in self.counts})
        lines = ['kind      read  refused']
        lines += [
            f'{kind:8}{self.counts[kind, "read"]:6}'
            f'{self.counts[kind, "refused"]:9}'
            for kind in kinds
        ]
        total = sum(self.counts.values()) + len(self.failures)
        lines.append(
            f'{total} files, {len(self.failures)} failures, at most '
            f'{self.peak_mb:.0f} MB'
        )
        lines += [f'  {n}: {what}' for n, what in self.failures.items()]
        return '\n'.join(lines)


def fuzz(
    number: int,
    folder: Path,
    seed: int = 0,
    workers: int = 2,
    time_limit_s: float = 20.0,
    stream: TextIO | None = None,
) -> FuzzResult:
    """Damage and read files.

    Args:
        number: How many.
        folder: Work folder; files that fail are kept in it.
        seed: Of the damage; case n of a seed is always the same file.
        workers: Processes.
        time_limit_s: A file that takes longer hangs.
        stream: Where progress is shown; None for silence.

    Returns:
        What became of them.
    """
    write_seeds(folder / 'seeds')
    result = FuzzResult()
    bar = ProgressBar(number, number, 'files', stream)
    todo = iter(range(number))

    def handle(case: int, reply: Reply) -> None:
        bar.add(1, 1, f'{len(result.failures)} failures')
        if reply.kind == 'done':
            kind, outcome, peak = reply.value
            result.peak_mb = max(result.peak_mb, peak)
            if outcome in ('read', 'refused') and peak <= MAX_MB:
                result.counts[kind, outcome] += 1
                return
            problem = f'{kind}: {outcome}, {peak:.0f} MB'
        else:
            problem = reply.value
        result.failures[case] = problem
        name, data = make_case(folder / 'seeds', seed, case)
        (folder / f'failed_{seed}_{case}_{name.name}').write_bytes(data)

    make = functools.partial(Reader, folder, seed)
    with WorkerPool(make, workers, time_limit_s=time_limit_s) as pool:
        run_tasks(
            pool,
            lambda worker: next(todo, None),
            handle,
        )
    bar.close(f'{len(result.failures)} failures')
    return result


def make_case(seeds: Path, seed: int, number: int) -> Case:
    """Make a damaged file, a function of its arguments alone."""
    rng = np.random.default_rng([seed, number])
    chosen = choose_seed(rng)
    return Case(chosen, mutate((seeds / chosen.name).read_bytes(), rng))


class Reader:
    """Callable in a worker: number of a case -> (kind, outcome, MB).

    Args:
        folder: With ``seeds``; each process makes a folder of its own there.
        seed: Of the damage.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self._seeds = folder / 'seeds'
        self._seed = seed
        self._place = folder / f'process_{os.getpid()}'
        self._place.mkdir(exist_ok=True)

    def __call__(self, number: int) -> tuple[str, str, float]:
        """Write, read and judge one file."""
        case = make_case(self._seeds, self._seed, number)
        path = self._place / case.seed.name
        path.write_bytes(case.data)
        other = self._seeds / 'flow_y.jpg'
        _forget_peak()
        before = _peak_mb()
        outcome = judge(case.seed.kind, path, other)
        peak = _peak_mb()
        return case.seed.kind, outcome, peak if peak > before else 0.0


def judge(kind: str, path: Path, other: Path) -> str:
    """Read a file by all functions for its kind.

    Args:
        kind: Of :class:`~mmssl.testing.fuzz_files.Seed`.
        path: The file.
        other: Second file of a pair.

    Returns:
        'read', 'refused', or what is wrong.
    """
    outcomes = set()
    for read in _READERS[kind]:
        try:
            problem = read(path, other)
            outcomes.add(problem or 'read')
        except DataFileError as error:
            named = error.path == os.fspath(path) and str(path) in str(error)
            outcomes.add('refused' if named else f'not named: {error}')
        except Exception as error:
            outcomes.add(f'{read.__name__}: {type(error).__name__}: {error}')
    wrong = outcomes - {'read', 'refused'}
    if wrong:
        return '; '.join(sorted(wrong))
    return 'refused' if 'refused' in outcomes else 'read'


def _image(path: Path, other: Path) -> str:
    image = read_rgb(path)
    valid = image.dtype == np.uint8 and image.shape[2:] == (3,) and image.size
    return '' if valid else f'no image: {image.dtype} {image.shape}'


def _grey(path: Path, other: Path) -> str:
    image = read_grey(path)
    valid = image.dtype == np.uint8 and image.ndim == 2 and image.size
    return '' if valid else f'no image: {image.dtype} {image.shape}'


def _flow(path: Path, other: Path) -> str:
    return _check_flow(read_flow([path]))


def _pair(path: Path, other: Path) -> str:
    return _check_flow(read_flow([path, other]))


def _check_flow(flow: np.ndarray) -> str:
    valid = flow.dtype == np.float32 and flow.shape[2:] == (2,) and flow.size
    if not valid:
        return f'no flow: {flow.dtype} {flow.shape}'
    return '' if np.isfinite(flow).all() else 'flow that is not finite'


def _quick_image(path: Path, other: Path) -> str:
    return '' if min(quick_image_size(path)) > 0 else 'a size of nothing'


def _quick_flow(path: Path, other: Path) -> str:
    return '' if min(quick_flow_size([path])) > 0 else 'a size of nothing'


def _video(path: Path, other: Path) -> str:
    """Read forwards, then jump."""
    with open_video(path) as video:
        length = len(video)
        forwards = list(range(min(length, _MAX_FRAMES)))
        for index in [*forwards, length // 2, 1, length - 1]:
            frame: Any = video.read(index)
            if frame.dtype != np.uint8 or frame.shape[2:] != (3,):
                return f'no frame: {frame.dtype} {frame.shape}'
    return ''


def _quick_video(path: Path, other: Path) -> str:
    return '' if quick_video_check(path) > 0 else 'no frames'


def _list(path: Path, other: Path) -> str:
    """Index a list, read its ends; its error must name it, too."""
    try:
        index = LineIndex([os.fspath(path)], 4)
        for entry in {0, len(index) // 2, len(index) - 1}:
            if 0 <= entry < len(index) and len(index[entry].fields) != 4:
                return 'a line without four fields'
    except ValueError as error:
        if str(path) not in str(error):
            return f'not named: {error}'
        raise DataFileError(path, str(error)) from error
    return ''


_READERS = {
    'flo': (_flow, _quick_flow),
    'image': (_image, _grey, _quick_image),
    'list': (_list,),
    'pair': (_pair, _quick_image),
    'video': (_video, _quick_video),
}


def _forget_peak() -> None:
    """Let the peak begin anew at what is used now; Linux can."""
    with contextlib.suppress(OSError):
        Path('/proc/self/clear_refs').write_text('5')


def _peak_mb() -> float:
    with contextlib.suppress(OSError):
        status = Path('/proc/self/status').read_text()
        return int(status.split('VmHWM:')[1].split()[0]) / (1 << 10)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == 'darwin' else 1 << 10)
