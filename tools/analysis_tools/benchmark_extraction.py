"""Measure videos_to_flow.py against the flow method alone, on equal cores.

    python tools/analysis_tools/benchmark_extraction.py IN --workers 2

Both run with the same number of processes of one thread, in turns. "Alone"
is the time inside the estimator on frames that are already decoded, shrunk
and grey; "end to end" is everything: start of the processes, decoding,
checks, flow, writing of frames, flow and lists. CPU time counts beside wall
time because other programs on the machine disturb it less.
"""

from __future__ import annotations

import argparse
import functools
import resource
import statistics
import sys
import tempfile
import time
from typing import Any, NamedTuple

from mmssl.flow.estimators import DIS_PRESETS, ESTIMATORS
from mmssl.flow.extraction import available_cores, extract_folder
from mmssl.flow.frames import shrink
from mmssl.flow.probing import probe_video
from mmssl.flow.run import run_tasks
from mmssl.flow.settings import ExtractionSettings
from mmssl.flow.workers import Reply, WorkerPool
from mmssl.io.video_sources import VideoSource, find_sources
from mmssl.io.videos import open_video

CHUNK = 32  # pairs that are held decoded at a time
HEAD = (
    'round  pairs  alone: pairs/s  ms CPU   end to end: pairs/s  ms CPU'
    '   ratio: wall   CPU'
)


class Cost(NamedTuple):
    """Time of one pair in seconds: of the machine, and of its cores."""

    wall: float
    cpu: float


class Chunk(NamedTuple):
    """Some pairs of one video, for the measurement alone."""

    source: VideoSource
    starts: list[int]


class AloneHandler:
    """Times the estimator on frames that are ready.

    Args:
        settings: Method, stride and size.
    """

    def __init__(self, settings: ExtractionSettings) -> None:
        self._settings = settings
        self._estimator = settings.build_estimator()

    def __call__(self, task: Chunk) -> tuple[float, float]:
        """Return wall and CPU seconds of all pairs of a chunk."""
        pairs = self._load(task)
        wall, cpu = time.perf_counter(), time.process_time()
        for first, second in pairs:
            self._estimator.between(first, second)
            if self._settings.min_consistency is not None:
                self._estimator.between(second, first)
        return time.perf_counter() - wall, time.process_time() - cpu

    def _load(self, task: Chunk) -> list[tuple[Any, Any]]:
        stride, short = self._settings.stride, self._settings.short_size
        wanted = {*task.starts, *(start + stride for start in task.starts)}
        ready = {}
        with open_video(task.source.path) as reader:
            for index in sorted(wanted):
                frame = shrink(reader.read_bgr(index), short)
                ready[index] = self._estimator.prepare(frame, bgr=True)
        return [(ready[s], ready[s + stride]) for s in task.starts]


def measure_alone(
    sources: list[VideoSource], settings: ExtractionSettings, workers: int
) -> tuple[Cost, int]:
    """Time the estimator alone; return the cost and the number of pairs."""
    chunks = []
    for source in sources:
        starts = list(
            settings.pair_starts(probe_video(source, settings).frames)
        )
        chunks += [
            Chunk(source, starts[at : at + CHUNK])
            for at in range(0, len(starts), CHUNK)
        ]
    total = sum(len(chunk.starts) for chunk in chunks)
    todo = iter(chunks)
    times: list[tuple[float, float]] = []

    def handle(task: Any, reply: Reply) -> None:
        if reply.kind != 'done':
            raise RuntimeError(f'{task.source.relative}: {reply.value}')
        times.append(reply.value)

    with WorkerPool(
        functools.partial(AloneHandler, settings), workers
    ) as pool:
        run_tasks(pool, lambda worker: next(todo, None), handle)
    wall, cpu = (sum(column) for column in zip(*times))
    return Cost(wall / workers / total, cpu / total), total


def measure_end_to_end(
    folder: str, settings: ExtractionSettings, workers: int
) -> tuple[Cost, int]:
    """Time the whole extraction into a temporary folder."""
    with tempfile.TemporaryDirectory() as out:
        wall, cpu = time.perf_counter(), cpu_seconds()
        report = extract_folder(
            folder, out, settings, workers=workers, stream=None
        )
        wall, cpu = time.perf_counter() - wall, cpu_seconds() - cpu
    dropped = sum(report.dropped().values())
    total = report.num_pairs(val=False) + report.num_pairs(val=True) + dropped
    return Cost(wall / total, cpu / total), total


def cpu_seconds() -> float:
    """CPU time of this process and of its children that have ended."""
    usages = [
        resource.getrusage(who)
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('input', help='folder of videos')
    parser.add_argument('--workers', type=int, default=available_cores())
    parser.add_argument('--method', choices=sorted(ESTIMATORS), default='dis')
    parser.add_argument('--preset', choices=list(DIS_PRESETS))
    parser.add_argument('--format', choices=('flo', 'jpg'), default='jpg')
    parser.add_argument('--short-size', type=int)
    parser.add_argument('--stride', type=int, default=1)
    parser.add_argument('--max-pairs', type=int)
    parser.add_argument('--min-motion', type=float, default=0.0)
    parser.add_argument('--min-consistency', type=float)
    parser.add_argument('--rounds', type=int, default=3)
    return parser.parse_args()


def main() -> int:
    """Run the measurement and print a table."""
    args = parse_args()
    settings = ExtractionSettings(
        method=args.method,
        method_options={'preset': args.preset} if args.preset else {},
        format=args.format,
        short_size=args.short_size,
        stride=args.stride,
        max_pairs=args.max_pairs,
        min_motion=args.min_motion,
        min_consistency=args.min_consistency,
    )
    sources, _ = find_sources(args.input)
    usable = [s for s in sources if not probe_video(s, settings).reason]
    costs = []
    print(HEAD)
    for number in range(1, args.rounds + 1):
        alone, total = measure_alone(usable, settings, args.workers)
        whole, _ = measure_end_to_end(args.input, settings, args.workers)
        costs.append((alone, whole))
        print(
            f'{number:5d} {total:6d} {1 / alone.wall:15.1f} '
            f'{alone.cpu * 1e3:7.1f} {1 / whole.wall:21.1f} '
            f'{whole.cpu * 1e3:7.1f} {alone.wall / whole.wall:13.1%} '
            f'{alone.cpu / whole.cpu:6.1%}'
        )
    cpu = statistics.median(alone.cpu / whole.cpu for alone, whole in costs)
    # Others on the machine only ever slow it down: the best rounds count.
    walls = [min(cost.wall for cost in column) for column in zip(*costs)]
    print(
        f'end to end : alone: wall {walls[0] / walls[1]:.1%} (best rounds), '
        f'CPU {cpu:.1%} (median)'
    )
    return 0


if __name__ == '__main__':
    sys.exit(main())
