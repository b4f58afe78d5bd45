"""Draw the data flow of CMP: docs/images/cmp_data_flow.png."""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib

matplotlib.use('Agg')
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

DATA, MODEL, MATHS, RESULT = '#dbe9f6', '#dff0d8', '#fdebd0', '#f4d9e6'

# name: (x, y, width, title, what, colour); the centre of each box.
BOXES = {
    'pair': (1.3, 5.0, 2.2, 'FlowPairDataset', 'list line -> paths', DATA),
    'load': (4.1, 5.0, 2.3, 'LoadImageRGB\nLoadFlow', 'H x W x 3, x 2', DATA),
    'crop': (6.9, 5.0, 2.3, 'ResizeCropImageFlow', 'short side, crop', DATA),
    'sample': (9.7, 5.0, 2.3, 'SampleGuidance', 'grid + watershed', DATA),
    'pack': (12.5, 5.0, 2.3, 'PackFlowInputs', 'uint8, points', DATA),
    'prep': (12.5, 3.3, 2.3, 'FlowDataPreprocessor', 'on the device', MODEL),
    'image': (9.6, 2.7, 2.2, 'backbone + neck', '256 x h x w', MODEL),
    'motion': (9.6, 3.9, 2.2, 'MotionEncoder', '16 x h x w', MODEL),
    'decoder': (6.7, 3.3, 2.2, 'motion decoder', 'plain or skip', MODEL),
    'head': (4.1, 3.3, 2.0, 'FlowBinHead', '2 x 99 logits', MODEL),
    'codec': (1.3, 3.9, 2.2, 'FlowCodec', 'bins <-> px', MATHS),
    'loss': (1.3, 2.7, 2.2, 'FlowBinLoss', 'cross-entropy', MATHS),
    'metric': (4.1, 1.3, 2.4, 'FlowMetric', 'EPE, Fl, baselines', RESULT),
    'export': (9.6, 1.3, 2.4, 'tools/export.py', 'backbone only', RESULT),
}
ARROWS = [
    ('pair', 'load'), ('load', 'crop'), ('crop', 'sample'),
    ('sample', 'pack'), ('pack', 'prep'), ('prep', 'image'),
    ('prep', 'motion'), ('image', 'decoder'), ('motion', 'decoder'),
    ('decoder', 'head'), ('head', 'codec'), ('head', 'loss'),
    ('head', 'metric'),
]  # fmt: skip


def _draw_box(axes: Axes, name: str) -> None:
    x, y, width, title, what, colour = BOXES[name]
    height = 0.86
    axes.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - height / 2),
            width,
            height,
            boxstyle='round,pad=0.02,rounding_size=0.08',
            facecolor=colour,
            edgecolor='#4a4a4a',
            linewidth=0.9,
        )
    )
    axes.text(x, y + 0.12, title, ha='center', va='center', fontsize=8.5)
    axes.text(
        x, y - 0.29, what, ha='center', va='center', fontsize=7, color='#555'
    )


def _draw_arrow(axes: Axes, start: str, end: str) -> None:
    (x0, y0, w0), (x1, y1, w1) = BOXES[start][:3], BOXES[end][:3]
    if abs(x0 - x1) < 0.2:  # down
        tail, tip = (x0, y0 - 0.46), (x1, y1 + 0.46)
    else:
        side = 1 if x1 > x0 else -1
        tail = (x0 + side * w0 / 2, y0)
        tip = (x1 - side * w1 / 2, y1)
    axes.annotate(
        '',
        xy=tip,
        xytext=tail,
        arrowprops={'arrowstyle': '-|>', 'color': '#333', 'lw': 1.0},
    )


def draw(path: Path) -> None:
    """Write the figure.

    Args:
        path: PNG file to write.
    """
    figure, axes = plt.subplots(figsize=(11, 4.5), dpi=130)
    for name in BOXES:
        _draw_box(axes, name)
    for start, end in ARROWS:
        _draw_arrow(axes, start, end)
    axes.annotate(
        'weights',
        xy=(9.6, 1.76),
        xytext=(9.6, 2.1),
        fontsize=7,
        color='#555',
        ha='center',
        arrowprops={
            'arrowstyle': '-|>',
            'color': '#999',
            'ls': '--',
            'lw': 1.2,
        },
    )
    notes = (
        (0.1, 5.75, 'in the data workers: one seeded generator per draw'),
        (5.0, 4.2, 'in the training process'),
        (11.2, 1.3, 'mmdet, mmseg, mmpose, mmpretrain,\ntorchvision, timm'),
    )
    for x, y, text in notes:
        axes.text(x, y, text, fontsize=8, style='italic', color='#333')
    axes.set_xlim(0, 14)
    axes.set_ylim(0.7, 6.0)
    axes.axis('off')
    figure.tight_layout(pad=0.3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--out',
        type=Path,
        default=Path('docs/images/cmp_data_flow.png'),
    )
    draw(parser.parse_args().out)
