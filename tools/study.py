"""The study of docs/results.md: what `make study` runs.

    python tools/study.py [--methods cmp scrl dino solider] [--seeds 3]

World, pretraining, benchmark on generated and, where data/people and
data/coco256 are there, on real images, and the page. Each step is a command
that can be typed, and is printed before it runs. What is done already is not
done again: the same command goes on after an interruption.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONFIGS = {
    'cmp': 'cmp/cmp_r18_cpu-puppets.py',
    'scrl': 'scrl/scrl_r18_cpu-puppets.py',
    'dino': 'dino/dino_swin_cpu-puppets.py',
    'solider': 'solider/solider_swin_cpu-puppets.py',
}
# World of the benchmark -> its tasks, and what must be there for them.
TASKS = {
    'puppets': (
        (
            *('parsing-linear', 'parsing-knn', 'keypoints-linear'),
            *('regions-linear', 'identity-knn', 'parsing', 'detection'),
        ),
        'data/puppets/world.json',
    ),
    'people': (('parsing-linear', 'parsing-knn', 'parsing'), 'data/people'),
    'coco256': (('detection', 'segmentation'), 'data/coco256'),
}
WORLD = dict(puppets='puppets', people='photos', coco256='photos')
# Threads that wait asleep: where other programs use the cores, threads that
# wait busily make a step ten times slower.
PATIENT = {'OMP_WAIT_POLICY': 'PASSIVE'}


def say(text: str) -> None:
    """Begin a step."""
    print(f'\n=== {text} ({time.strftime("%H:%M:%S")})', flush=True)


def run(*command: str) -> None:
    """Run one of the project's commands; stop the study if it fails."""
    print('  $ python ' + shlex.join(command), flush=True)
    path = os.pathsep.join(
        p for p in (str(ROOT), os.environ.get('PYTHONPATH')) if p
    )
    done = subprocess.run(
        [sys.executable, *command],
        env={**PATIENT, **os.environ, 'PYTHONPATH': path},
        check=False,
    )
    if done.returncode:
        sys.exit(f'error: {command[0]} ended with {done.returncode}')


def pretrain(method: str) -> Path:
    """Train one method, or go on; return its checkpoint."""
    config = f'configs/{CONFIGS[method]}'
    work = Path('work_dirs') / Path(config).stem
    say(f'pretrain {method}')
    run('tools/train.py', config, f'--work-dir={work}', '--resume')
    return Path((work / 'last_checkpoint').read_text().strip())


def measure_flow(checkpoint: Path, out: Path) -> None:
    """Write the end-point errors of CMP on scenes it has not seen."""
    say('end-point error of CMP on held-out scenes')
    run(
        'tools/test.py',
        f'configs/{CONFIGS["cmp"]}',
        f'{checkpoint}',
        f'--work-dir={checkpoint.parent}',
        f'--out={out / "flow.json"}',
    )


def judge(
    kind: str, checkpoints: dict[str, Path], seeds: int, out: Path
) -> None:
    """Run the benchmark on one kind of data, if it is there."""
    tasks, needed = TASKS[kind]
    if not Path(needed).exists():
        print(f'  {needed} is not there: nothing is measured on {kind}')
        return
    say(f'benchmark on {kind}')
    run(
        'tools/benchmark.py',
        *(f'{name}={file}' for name, file in checkpoints.items()),
        '--random',
        f'--world={WORLD[kind]}',
        '--tasks',
        *tasks,
        f'--seeds={seeds}',
        f'--out={out / kind}',
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Run all steps."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        '--methods', nargs='+', choices=[*CONFIGS], default=[*CONFIGS]
    )
    parser.add_argument('--seeds', type=int, default=3)
    parser.add_argument('--out', type=Path, default='work_dirs/study')
    args = parser.parse_args(argv)
    os.chdir(ROOT)  # paths are relative to the repository, as in the configs
    say('the world')
    run('tools/puppets.py', 'data/puppets', '--preset=full', '--seed=0')
    checkpoints = {method: pretrain(method) for method in args.methods}
    if 'cmp' in checkpoints:
        measure_flow(checkpoints['cmp'], args.out)
    for kind in TASKS:
        judge(kind, checkpoints, args.seeds, args.out)
    say('the page')
    run('tools/misc/results_page.py', f'{args.out}')


if __name__ == '__main__':
    main()
