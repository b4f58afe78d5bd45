"""Write the table of all configs, from the metafile and the configs.

python tools/misc/config_table.py --out docs/configs.md
"""

from __future__ import annotations

import argparse
import math
import re
from pathlib import Path
from typing import Any

import yaml
from mmengine.config import Config

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = ROOT / 'configs'
HEAD = """\
<!-- Made by tools/misc/config_table.py; do not edit. -->

# All configs
"""
CMP_COLUMNS = (
    'config',
    'hardware',
    'global batch',
    'iterations',
    'encoder',
    'crop (short side), px',
    'training data',
    'guidance',
    'reported by the paper',
)
SCRL_COLUMNS = (
    'config',
    'hardware',
    'global batch',
    'epochs',
    'backbone',
    'rate',
    'decay',
    'teacher',
    'view, px',
    'boxes',
    'training data',
    'reported by the authors',
)


def encoder(model: Any) -> str:
    """Name the backbone and decoder of a model config.

    Args:
        model: ``cfg.model``.

    Returns:
        Such as ``'ResNet-50 /8, plain'``; the number behind the slash is the
        stride of the motion encoder, and so of the last map.
    """
    backbone = model.backbone
    name = backbone.type.replace('StemResNet', 'ResNet').replace('BN', '-BN')
    depth = f'-{backbone.depth}' if 'depth' in backbone else ''
    decoder = 'skip' if 'Skip' in model.decoder.type else 'plain'
    stride = math.prod(model.motion_encoder.strides)
    return f'{name}{depth} /{stride}, {decoder} decoder'


def guidance(pipeline: Any) -> str:
    """Describe the guidance of a pipeline.

    Returns:
        Such as ``'grid 80, watershed 41, at most 150'``.
    """
    step = pipeline[-2]
    numbers = {
        'grid': f' {int(math.sqrt(1 / step.bg_ratio))}',
        'watershed': f' {step.nms_size}',
        'gradnms': f' {step.nms_size}',
    }
    parts = [name + numbers.get(name, '') for name in step.strategies]
    if isinstance(step.max_points, (list, tuple)):
        parts.append('{} to {} of these'.format(*step.max_points))
    elif step.max_points > 0:
        parts.append(f'at most {step.max_points}')
    return ', '.join(parts)


def reported(entry: dict) -> str:
    """Return the metafile's results in words."""
    return '; '.join(
        f'{result["Dataset"]} {re.sub(r" .(paper|reported).", "", name)} '
        f'{value}'
        for result in entry['Results'] or ()
        for name, value in result['Metrics'].items()
    )


def cmp_row(entry: dict) -> tuple[str, ...]:
    """Return one row for one model of CMP's metafile."""
    cfg = Config.fromfile(ROOT / entry['Config'])
    meta = entry['Metadata']
    pipeline = cfg.train_dataloader.dataset.pipeline
    (crop,) = (t for t in pipeline if t.type == 'ResizeCropImageFlow')
    return (
        f'`{entry["Name"]}`',
        meta['Training Resources'],
        str(meta['Batch Size']),
        f'{meta["Iterations"]:,}'.replace(',', ' '),
        encoder(cfg.model),
        f'{crop.size} ({crop.short_size})',
        meta['Training Data'],
        guidance(pipeline),
        reported(entry),
    )


def boxes(cfg: Any) -> str:
    """Describe what is compared in two views.

    Returns:
        Such as ``'10, grid, from 32 px'``; ``'whole view'`` without boxes.
    """
    for step in cfg.train_dataloader.dataset.pipeline:
        if step.type == 'SampleBoxPairs':
            return f'{step.num_boxes}, {step.mode}, from {step.min_size} px'
    return 'whole view'


def scrl_row(entry: dict) -> tuple[str, ...]:
    """Return one row for one model of SCRL's metafile."""
    cfg = Config.fromfile(ROOT / entry['Config'])
    meta = entry['Metadata']
    optimizer = cfg.optim_wrapper.optimizer
    views = cfg.train_dataloader.dataset.pipeline[1].views
    kind = optimizer.type.replace('Scrl', '')
    return (
        f'`{entry["Name"]}`',
        meta['Training Resources'],
        str(meta['Batch Size']),
        str(meta['Epochs']),
        f'ResNet-{cfg.model.backbone.depth}',
        f'{optimizer.lr:g} ({kind})',
        f'{optimizer.weight_decay:g}',
        f'{cfg.default_hooks.teacher.momentum:g}',
        str(views[0][0].size),
        boxes(cfg),
        meta['Training Data'],
        reported(entry),
    )


def probe_row(path: Path) -> tuple[str, str]:
    """Return name and first comment of a config of a protocol."""
    name, text, _ = describe(path)
    return name, text.split(' --cfg-options')[0]


def describe(path: Path) -> tuple[str, str, str]:
    """Return name, idea and changed keys of an ablation."""
    comments = []
    for line in path.read_text().splitlines():
        if not line.startswith('# '):
            break
        comments.append(line[2:])
    idea = ' '.join(c for c in comments if not c.startswith('ablates:'))
    keys = [c[len('ablates:') :] for c in comments if c.startswith('ablates:')]
    names = [key.strip() for line in keys for key in line.split(',')]
    short = [re.sub(r'^.*\.pipeline\.', '', name) for name in names]
    return f'`{path.stem}`', idea, ', '.join(f'`{name}`' for name in short)


def markdown(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Format a table.

    Example:
        >>> print(markdown(('a', 'b'), [('1', '2')]), end='')
        | a | b |
        | --- | --- |
        | 1 | 2 |
    """
    lines = [columns, ('---',) * len(columns), *rows]
    return ''.join(f'| {" | ".join(line)} |\n' for line in lines)


def ablations(family: str, parent: str) -> str:
    """Return the table of a method's ablations.

    Args:
        family: Folder of the method below configs.
        parent: Config that most of them change.
    """
    paths = sorted((CONFIGS / family / 'ablations').glob('*.py'))
    table = markdown(('config', 'idea', 'keys'), [describe(p) for p in paths])
    others = sorted(p.stem for p in paths if f'/{parent}.py' not in text_of(p))
    but = f' (but {", ".join(others)})' if others else ''
    return f'Ablations of `{parent}`{but}, one idea each:\n\n{table}'


def text_of(path: Path) -> str:
    """Return the text of a file."""
    return path.read_text('utf-8')


def models(family: str) -> list[dict]:
    """Return the models of a method's metafile."""
    return yaml.safe_load(text_of(CONFIGS / family / 'metafile.yml'))['Models']


def tables() -> str:
    """Return all tables as Markdown."""
    return '\n'.join(
        [
            HEAD,
            '## CMP\n',
            markdown(CMP_COLUMNS, [cmp_row(m) for m in models('cmp')]),
            'In the guidance column: the stride of the grid and the window '
            'of the\nnon-maximum suppression, in px.\n',
            ablations('cmp', 'cmp_r50_1xb32-20k_videos'),
            '## SCRL and BYOL\n',
            markdown(SCRL_COLUMNS, [scrl_row(m) for m in models('scrl')]),
            'The rate is that of the global batch, the teacher its first '
            'momentum. AP FPN is that\nof Faster R-CNN, AP that of Mask '
            'R-CNN. How to choose these numbers for few GPUs:\n'
            '[small batches](small_batch.md).\n',
            ablations('scrl', 'scrl_r50_1xb128-100ep_images'),
            '## Protocols\n',
            markdown(
                ('config', 'what'),
                [probe_row(p) for p in sorted(CONFIGS.glob('probes/*.py'))],
            ),
        ]
    )


def main() -> None:
    """Print the tables, or write them to a file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--out', type=Path, help='Markdown file to write')
    out = parser.parse_args().out
    if out:
        out.write_text(tables())
    else:
        print(tables())


if __name__ == '__main__':
    main()
