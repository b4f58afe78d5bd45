"""Draw a method's data flow: docs/images/<method>_data_flow.png."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

import matplotlib

matplotlib.use('Agg')
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

DATA, MODEL, MATHS, RESULT = '#dbe9f6', '#dff0d8', '#fdebd0', '#f4d9e6'


class Figure(NamedTuple):
    """What stands where; x to the right, y upwards.

    Attributes:
        boxes: name -> x and y of the centre, width, title, what, colour.
        arrows: from box to box.
        dashed: as arrows, what goes there and no gradient comes back.
        notes: x, y, text.
    """

    boxes: dict[str, tuple[float, float, float, str, str, str]]
    arrows: list[tuple[str, str]]
    dashed: list[tuple[str, str, str]]
    notes: list[tuple[float, float, str]]


CMP = Figure(
    boxes={
        'pair': (1.3, 5, 2.2, 'FlowPairDataset', 'list line -> paths', DATA),
        'load': (4.1, 5, 2.3, 'LoadImageRGB\nLoadFlow', 'H x W x 3, 2', DATA),
        'crop': (6.9, 5, 2.3, 'ResizeCropImageFlow', 'short side, crop', DATA),
        'sample': (9.7, 5, 2.3, 'SampleGuidance', 'grid + watershed', DATA),
        'pack': (12.5, 5, 2.3, 'PackFlowInputs', 'uint8, points', DATA),
        'prep': (12.5, 3.3, 2.3, 'FlowDataPreprocessor', 'on device', MODEL),
        'image': (9.6, 2.7, 2.2, 'backbone + neck', '256 x h x w', MODEL),
        'motion': (9.6, 3.9, 2.2, 'MotionEncoder', '16 x h x w', MODEL),
        'decoder': (6.7, 3.3, 2.2, 'motion decoder', 'plain or skip', MODEL),
        'head': (4.1, 3.3, 2.0, 'FlowBinHead', '2 x 99 logits', MODEL),
        'codec': (1.3, 3.9, 2.2, 'FlowCodec', 'bins <-> px', MATHS),
        'loss': (1.3, 2.7, 2.2, 'FlowBinLoss', 'cross-entropy', MATHS),
        'metric': (4.1, 1.3, 2.4, 'FlowMetric', 'EPE, Fl', RESULT),
        'export': (9.6, 1.3, 2.4, 'mmssl export', 'backbone only', RESULT),
    },
    arrows=[
        ('pair', 'load'), ('load', 'crop'), ('crop', 'sample'),
        ('sample', 'pack'), ('pack', 'prep'), ('prep', 'image'),
        ('prep', 'motion'), ('image', 'decoder'), ('motion', 'decoder'),
        ('decoder', 'head'), ('head', 'codec'), ('head', 'loss'),
        ('head', 'metric'),
    ],
    dashed=[('image', 'export', 'weights')],
    notes=[
        (0.1, 5.75, 'in the data workers: one seeded generator per draw'),
        (5.0, 4.2, 'in the training process'),
        (11.2, 1.3, 'mmdet, mmseg, mmpose, mmpretrain,\ntorchvision, timm'),
    ],
)  # fmt: skip

SCRL = Figure(
    boxes={
        'folder': (1.3, 5, 2.2, 'ImageFolder', 'any images', DATA),
        'load': (4.1, 5, 2.2, 'LoadImageRGB', 'H x W x 3', DATA),
        'views': (6.9, 5, 2.4, 'MultiViewGeometry', 'y, x, h, w, flip', DATA),
        'boxes': (9.7, 5, 2.3, 'SampleBoxPairs', '10 pairs', DATA),
        'pack': (12.5, 5, 2.3, 'PackViews', 'uint8, boxes', DATA),
        'prep': (12.5, 3.3, 2.3, 'ViewsDataPreprocessor', 'on device', MODEL),
        'online': (9.6, 3.9, 2.2, 'backbone', 'both views', MODEL),
        'target': (9.6, 2.7, 2.2, 'teacher.backbone', 'both views', MODEL),
        'roi': (6.9, 3.9, 2.0, 'RoIRegions', 'a vector per box', MODEL),
        'roit': (6.9, 2.7, 2.0, 'RoIRegions', 'a vector per box', MODEL),
        'neck': (4.2, 3.9, 2.0, 'neck', '4096 - 256', MODEL),
        'neckt': (4.2, 2.7, 2.0, 'teacher.neck', '4096 - 256', MODEL),
        'head': (1.3, 3.9, 2.2, 'head.predictor', '4096 - 256', MODEL),
        'loss': (1.3, 2.7, 2.2, 'NormalizedL2Loss', '2 - 2 cos', MATHS),
        'probe': (6.7, 1.3, 2.5, 'probes, monitor', 'k-NN, linear', RESULT),
        'export': (9.6, 1.3, 2.4, 'mmssl export', 'of either row', RESULT),
    },
    arrows=[
        ('folder', 'load'), ('load', 'views'), ('views', 'boxes'),
        ('boxes', 'pack'), ('pack', 'prep'), ('prep', 'online'),
        ('prep', 'target'), ('online', 'roi'), ('target', 'roit'),
        ('roi', 'neck'), ('roit', 'neckt'), ('neck', 'head'),
        ('head', 'loss'), ('neckt', 'loss'),
    ],
    dashed=[
        ('online', 'target', 'moving average'),
        ('target', 'export', 'weights'),
    ],
    notes=[
        (0.1, 5.75, 'in the data workers: one seeded generator per draw'),
        (11.0, 2.3, 'no gradient in the lower row:\na hook moves it towards '
         'the upper\none after each step'),
        (11.2, 1.3, 'mmdet, mmseg, mmpose, mmpretrain,\ntorchvision, timm'),
    ],
)  # fmt: skip

DINO = Figure(
    boxes={
        'folder': (1.3, 5, 2.2, 'ImageFolder', 'any images, lists', DATA),
        'load': (4.1, 5, 2.2, 'LoadImageRGB', 'H x W x 3', DATA),
        'views': (6.9, 5, 2.4, 'MultiViewGeometry', '2 global, 8 local', DATA),
        'pack': (9.7, 5, 2.3, 'PackViews', 'uint8', DATA),
        'prep': (12.5, 5, 2.3, 'ViewsDataPreprocessor', 'on device', MODEL),
        'online': (9.6, 3.9, 2.2, 'backbone', 'all views', MODEL),
        'target': (9.6, 2.7, 2.2, 'teacher.backbone', 'global views', MODEL),
        'pool': (6.9, 3.9, 2.0, 'pooled feature', 'N x C', MODEL),
        'poolt': (6.9, 2.7, 2.0, 'pooled feature', 'N x C', MODEL),
        'neck': (4.2, 3.9, 2.0, 'neck: DINONeck', 'N x 65536', MODEL),
        'neckt': (4.2, 2.7, 2.0, 'teacher.neck', 'N x 65536', MODEL),
        'head': (1.3, 3.9, 2.2, 'DINOHead', 'cross-entropy', MATHS),
        'center': (1.3, 2.7, 2.2, 'head.center', 'mean of targets', MATHS),
        'probe': (6.7, 1.3, 2.5, 'probes, monitor', 'k-NN, parsing', RESULT),
        'export': (9.6, 1.3, 2.4, 'mmssl export', 'of either row', RESULT),
    },
    arrows=[
        ('folder', 'load'), ('load', 'views'), ('views', 'pack'),
        ('pack', 'prep'), ('prep', 'online'), ('prep', 'target'),
        ('online', 'pool'), ('target', 'poolt'), ('pool', 'neck'),
        ('poolt', 'neckt'), ('neck', 'head'), ('neckt', 'center'),
        ('neckt', 'head'),
    ],
    dashed=[
        ('online', 'target', 'moving average'),
        ('target', 'export', 'weights'),
    ],
    notes=[
        (0.1, 5.75, 'in the data workers: one seeded generator per draw'),
        (11.0, 2.3, 'no gradient in the lower row:\na hook moves it towards '
         'the upper\none after each step'),
        (11.2, 1.3, 'mmdet, mmseg, mmpose, mmpretrain,\ntimm'),
    ],
)  # fmt: skip

SOLIDER = Figure(
    boxes={
        'views': (1.3, 5, 2.3, 'views', '2 global, 8 local', DATA),
        'lam': (4.2, 5, 2.0, 'lambda', 'per image, 0 or 1', DATA),
        't1': (4.2, 3.7, 2.2, 'teacher at lambda 1', 'global views', MODEL),
        'labels': (7.0, 3.7, 2.2, 'PartLabels', 'two-means, k-means', MATHS),
        'mask': (7.0, 5, 2.2, 'masked copies', 'one part each', DATA),
        't2': (4.2, 1.3, 2.2, 'teacher at lambda', 'global views', MODEL),
        's': (9.8, 5, 2.2, 'student at lambda', 'copies, all views', MODEL),
        'part': (9.8, 3.7, 2.2, 'semantic_head', 'token -> part', MODEL),
        'neck': (12.6, 5, 2.2, 'neck: DINONeck', 'N x 65536', MODEL),
        'neckt': (7.0, 1.3, 2.2, 'teacher.neck', 'N x 65536', MODEL),
        'sem': (9.8, 2.5, 2.2, 'semantic loss', 'lambda x CE', MATHS),
        'dino': (12.6, 2.5, 2.2, 'DINOHead', 'cross-entropy', MATHS),
    },
    arrows=[
        ('views', 't1'), ('lam', 'mask'), ('t1', 'labels'),
        ('labels', 'mask'), ('mask', 's'), ('s', 'part'), ('s', 'neck'),
        ('part', 'sem'), ('neck', 'dino'), ('views', 't2'), ('t2', 'neckt'),
        ('neckt', 'dino'), ('labels', 'sem'), ('views', 'lam'),
    ],
    dashed=[],
    notes=[
        (0.1, 5.75, 'views as for DINO; one lambda for all views of an image'),
        (0.1, 2.4, 'no gradient through the teacher,\nwhich follows the '
         'student as in DINO'),
        (10.2, 1.2, 'mmssl export: teacher or student, one\nlambda folded in, '
         'or lambda adjustable'),
    ],
)  # fmt: skip

FIGURES = {'cmp': CMP, 'dino': DINO, 'scrl': SCRL, 'solider': SOLIDER}


def _draw_box(axes: Axes, box: tuple) -> None:
    x, y, width, title, what, colour = box
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


def _draw_arrow(axes: Axes, start: tuple, end: tuple, **style: object) -> None:
    (x0, y0, w0), (x1, y1, w1) = start[:3], end[:3]
    if abs(x0 - x1) < 0.2:
        way = 1 if y1 > y0 else -1
        tail, tip = (x0, y0 + way * 0.46), (x1, y1 - way * 0.46)
    else:
        side = 1 if x1 > x0 else -1
        tail = (x0 + side * w0 / 2, y0)
        tip = (x1 - side * w1 / 2, y1)
    arrow = {'arrowstyle': '-|>', 'color': '#333', 'lw': 1.0, **style}
    axes.annotate('', xy=tip, xytext=tail, arrowprops=arrow)


def draw(method: str, path: Path) -> None:
    """Write the figure of a method.

    Args:
        method: Key of :data:`FIGURES`.
        path: PNG file to write.
    """
    boxes, arrows, dashed, notes = FIGURES[method]
    canvas, axes = plt.subplots(figsize=(11, 4.5), dpi=130)
    for box in boxes.values():
        _draw_box(axes, box)
    for start, end in arrows:
        _draw_arrow(axes, boxes[start], boxes[end])
    for start, end, text in dashed:
        _draw_arrow(axes, boxes[start], boxes[end], ls='--', color='#999')
        x = (boxes[start][0] + boxes[end][0]) / 2 + 0.15
        y = (boxes[start][1] + boxes[end][1]) / 2
        axes.text(x, y, text, fontsize=7, color='#555', va='center')
    for x, y, text in notes:
        axes.text(x, y, text, fontsize=8, style='italic', color='#333')
    axes.set_xlim(0, 14)
    axes.set_ylim(0.7, 6.0)
    axes.axis('off')
    canvas.tight_layout(pad=0.3)
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas.savefig(path)
    plt.close(canvas)


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--out', type=Path, default=Path('docs/images'))
    folder = parser.parse_args().out
    for name in FIGURES:
        draw(name, folder / f'{name}_data_flow.png')
