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
FOLDER = ROOT / 'configs' / 'cmp'
HEAD = """\
<!-- Made by tools/misc/config_table.py; do not edit. -->

# All configs
"""
COLUMNS = (
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
        f'{result["Dataset"]} {name.replace(" (paper)", "")} {value}'
        for result in entry['Results'] or ()
        for name, value in result['Metrics'].items()
    )


def row(entry: dict) -> tuple[str, ...]:
    """Return one row for one model of the metafile."""
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


def tables() -> str:
    """Return both tables as Markdown."""
    metafile = yaml.safe_load((FOLDER / 'metafile.yml').read_text())
    ablations = sorted((FOLDER / 'ablations').glob('*.py'))
    return '\n'.join(
        [
            HEAD,
            markdown(COLUMNS, [row(entry) for entry in metafile['Models']]),
            'In the guidance column: the stride of the grid and the window '
            'of the\nnon-maximum suppression, in px.\n',
            'Ablations of `cmp_r50_1xb32-20k_videos`, one idea each:\n',
            markdown(
                ('config', 'idea', 'keys'),
                [describe(path) for path in ablations],
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
