"""From nothing to a table of downstream results: what `make benchmark` runs.

    python tools/benchmark_demo.py [--work-dir work_dirs/benchmark_demo]

Generates a world of puppets, pretrains CMP on its flow for some minutes, and
compares the backbone with random weights in parsing, detection, pose and
identity. Each step is a command that can be typed, and is printed before it
runs. What is done already is not done again.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORLD = Path('data/puppets')  # where the configs look
CONFIG = 'configs/cmp/cmp_r18_cpu-puppets.py'
TASKS = ('parsing', 'detection', 'pose', 'identity-knn')
# Threads that wait asleep: where other programs use the cores, threads that
# wait busily make a step ten times slower.
PATIENT = {'OMP_WAIT_POLICY': 'PASSIVE'}


def run(*command: str) -> None:
    """Run one of the project's commands; stop if it fails."""
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


def make_world(preset: str, world: Path = WORLD) -> None:
    """Generate the world; one that is there is used as it is.

    Args:
        preset: Of ``mmssl puppets``.
        world: Its folder.
    """
    description = world / 'world.json'
    if description.is_file():
        found = json.loads(description.read_text('utf-8')).get('preset')
        if found != preset:
            print(f'  {world} is there already, of preset {found}: used')
            return
    run('tools/puppets.py', str(world), f'--preset={preset}')


def pretrain(work: Path, iterations: int) -> None:
    """Pretrain CMP on the world's flow, or go on with it.

    Args:
        work: Folder of the run.
        iterations: How long.
    """
    run(
        'tools/train.py',
        CONFIG,
        f'--work-dir={work}',
        '--resume',
        '--cfg-options',
        f'train_cfg.max_iters={iterations}',
        f'train_cfg.val_interval={iterations}',
        f'default_hooks.checkpoint.interval={max(iterations // 4, 1)}',
    )


def compare(
    work: Path, pretrained: Path, tasks: list[str], seeds: int
) -> None:
    """Judge the backbone and random weights.

    Args:
        work: Folder of the results.
        pretrained: Folder of the pretraining.
        tasks: Names.
        seeds: How many.
    """
    run(
        'tools/benchmark.py',
        f'CMP={pretrained}',
        'random',
        f'--out={work}',
        f'--seeds={seeds}',
        '--tasks',
        *tasks,
    )


def main() -> None:
    """Run all steps."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        '--work-dir', type=Path, default=Path('work_dirs/benchmark_demo')
    )
    parser.add_argument('--preset', default='small', help='of the world')
    parser.add_argument(
        '--iterations', type=int, default=600, help='of the pretraining'
    )
    parser.add_argument('--seeds', type=int, default=2)
    parser.add_argument('--tasks', nargs='+', default=list(TASKS))
    args = parser.parse_args()
    work = args.work_dir.resolve()
    os.chdir(ROOT)  # paths are relative to the repository, as in the configs
    start = time.monotonic()

    def say(number: int, text: str) -> None:
        gone = (time.monotonic() - start) / 60
        print(f'\n[{number}/3] {text} ({gone:.1f} min gone)', flush=True)

    say(1, 'a world of puppets, with exact labels for everything')
    make_world(args.preset)
    say(2, 'pretrain CMP: dense motion from an image and a few flow vectors')
    pretrain(work / 'cmp', args.iterations)
    say(3, 'the backbone and random weights, in every task')
    compare(work / 'results', work / 'cmp', args.tasks, args.seeds)
    minutes = (time.monotonic() - start) / 60
    print(f'\nDone in {minutes:.1f} minutes. Table, CSV, JSON, plot and logs:')
    print(f'  {work / "results"}')


if __name__ == '__main__':
    main()
