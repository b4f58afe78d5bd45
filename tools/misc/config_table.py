"""Write the table of all configs, from the metafile and the configs.

python tools/misc/config_table.py --out docs/configs.md
"""

from __future__ import annotations

import argparse
import collections
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
MULTICROP_COLUMNS = tuple(
    name.replace('view,', 'views,') for name in SCRL_COLUMNS if name != 'boxes'
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
    """Return the metafile's reported results in words, if they are few."""
    results = [r for r in entry['Results'] or () if r['Source'] == 'reported']
    if len(results) > 3:
        return "the method's README"
    return '; '.join(
        f'{result["Dataset"]} {name.replace(" (reported)", "")} {value}'
        for result in results
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


def backbone_name(backbone: Any) -> str:
    """Return such as 'Swin-T', 'ViT-S/16', 'Swin of 48 channels'."""
    if 'ResNet' in backbone.type:
        return f'ResNet-{backbone.depth}'
    if 'Vision' in backbone.type:
        size = backbone.arch.split('-')[-1][0].upper()
        return f'ViT-{size}/{backbone.patch_size}'
    if not isinstance(backbone.arch, str):
        return f'Swin of {backbone.arch.embed_dims} channels'
    return f'Swin-{backbone.arch[0].upper()}'


def view_sizes(maker: Any) -> str:
    """Return such as '2 of 256x128, 8 of 128x64'."""
    counts: collections.Counter[str] = collections.Counter()
    for view, number in zip(maker.views, maker.num_views):
        counts[str(view[0].size).strip('()').replace(', ', 'x')] += number
    return ', '.join(f'{number} of {name}' for name, number in counts.items())


def view_row(entry: dict) -> tuple[str, ...]:
    """Return one row for one model that compares views of images."""
    cfg = Config.fromfile(ROOT / entry['Config'])
    meta = entry['Metadata']
    optimizer = cfg.optim_wrapper.optimizer
    ends = [s.final for s in cfg.param_scheduler if 'Decay' in s.type]
    pipeline = cfg.train_dataloader.dataset.pipeline
    maker = next(step for step in pipeline if 'views' in step)
    several = 'num_views' in maker
    single = (str(maker.views[0][0].size), boxes(cfg))
    return (
        f'`{entry["Name"]}`',
        meta['Training Resources'],
        str(meta['Batch Size']),
        str(meta['Epochs']),
        backbone_name(cfg.model.backbone),
        f'{optimizer.lr:g} ({optimizer.type.replace("Scrl", "")})',
        ' to '.join(f'{x:g}' for x in (optimizer.weight_decay, *ends)),
        f'{cfg.default_hooks.teacher.momentum:g}',
        *((view_sizes(maker),) if several else single),
        meta['Training Data'],
        reported(entry),
    )


def probe_row(path: Path) -> tuple[str, str]:
    """Return name and first comment of a config of a protocol."""
    name, text, _ = describe(path)
    return name, text.split(' --cfg-options')[0]


def tasks() -> list[Path]:
    """Return the configs of tasks, by folder and name."""
    folders = ('downstream', 'puppets', 'photos')
    return [
        path
        for folder in folders
        for path in sorted((CONFIGS / folder).rglob('*.py'))
        if '_base_' not in path.parts
    ]


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
    others = sorted(
        p.stem for p in paths if f'/{parent}.py' not in p.read_text('utf-8')
    )
    but = f' (but {", ".join(others)})' if others else ''
    return f'Ablations of `{parent}`{but}, one idea each:\n\n{table}'


def models(family: str) -> list[dict]:
    """Return the models of a method's metafile."""
    return yaml.safe_load(
        (CONFIGS / family / 'metafile.yml').read_text('utf-8')
    )['Models']


def multicrop_table(family: str) -> str:
    """Return the table of DINO's or SOLIDER's models."""
    return markdown(MULTICROP_COLUMNS, list(map(view_row, models(family))))


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
            markdown(SCRL_COLUMNS, [view_row(m) for m in models('scrl')]),
            'The rate is that of the global batch, the teacher its first '
            'momentum. AP FPN is that\nof Faster R-CNN, AP that of Mask '
            'R-CNN. How to choose these numbers for few GPUs:\n'
            '[small batches](small_batch.md).\n',
            ablations('scrl', 'scrl_r50_1xb128-100ep_images'),
            *('## DINO\n', multicrop_table('dino')),
            ablations('dino', 'dino_swin-t_1xb64-100ep_images'),
            *('## SOLIDER\n', multicrop_table('solider')),
            ablations('solider', 'solider_swin-t_1xb64-100ep_people'),
            '## Protocols\n',
            markdown(
                ('config', 'what'),
                [probe_row(p) for p in sorted(CONFIGS.glob('probes/*.py'))],
            ),
            '## Tasks\n',
            'For `mmssl benchmark` and the tools of the host projects '
            '([benchmark](benchmark.md)):\nas published, the same small on '
            'puppets, and on small real data.\n',
            markdown(('config', 'what'), [probe_row(p) for p in tasks()]),
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
