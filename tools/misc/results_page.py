"""Write docs/results.md's tables from a study.

python tools/misc/results_page.py work_dirs/study    take its results over
python tools/misc/results_page.py                    only make the tables anew
python tools/misc/results_page.py --check            only tell what differs

The results are kept in docs/results/*.json, plots in docs/images. A table
stands between ``<!-- table: NAME -->`` and ``<!-- end of table -->``. What was
measured goes into the metafiles of the configs, too.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
KEPT = Path('docs/results')
PAGE = Path('docs/results.md')
FLOW = 'flow'
# Kind of data -> in which folder its tasks are, and what people call it.
KINDS = dict(puppets='puppets', people='photos', coco256='photos')
DATA = dict(
    puppets='puppets (full)',
    people='Clothing Co-Parsing, 500 photos',
    coco256='COCO, 256 photos',
)
# Backbone -> config that it was pretrained with.
CONFIGS = dict(
    cmp='cmp_r18_cpu-puppets',
    scrl='scrl_r18_cpu-puppets',
    dino='dino_swin_cpu-puppets',
    solider='solider_swin_cpu-puppets',
)
BLOCK = re.compile(
    r'(<!-- table: (\w+) -->\n).*?(<!-- end of table -->)', re.DOTALL
)
_DROPPED = ('folder', 'load', 'seconds')


def take_over(study: Path, kept: Path, images: Path) -> list[str]:
    """Copy the results of a study, without what is of one machine.

    Args:
        study: Folder of tools/study.py.
        kept: Folder for the results.
        images: Folder for the plots.

    Returns:
        Names of what was there.

    Raises:
        FileNotFoundError: The study has no results at all.
    """
    found = []
    for kind in KINDS:
        source = study / kind / 'results.json'
        if not source.is_file():
            continue
        content = json.loads(source.read_text('utf-8'))
        rows = [
            {k: v for k, v in row.items() if k not in _DROPPED}
            for row in content['rows']
        ]
        _write(kept / f'{kind}.json', dict(rows=rows))
        plot = source.with_suffix('.png')
        if plot.is_file():
            shutil.copyfile(plot, images / f'results_{kind}.png')
        found.append(kind)
    source = study / f'{FLOW}.json'
    if source.is_file():
        _write(kept / source.name, json.loads(source.read_text('utf-8')))
        found.append(FLOW)
    if not found:
        raise FileNotFoundError(f'{study} has no results of a study')
    return found


def table(name: str, kept: Path) -> str:
    """Return one table as Markdown.

    Args:
        name: One of :data:`KINDS`, or 'flow'.
        kept: Folder of the results.

    Raises:
        ValueError: There is no table of that name.
    """
    from mmssl.benchmark.table import markdown_table
    from mmssl.evaluation.flow_table import format_flow_table

    if name not in (*KINDS, FLOW):
        raise ValueError(
            f'<!-- table: {name} -->: there are '
            f'{", ".join(sorted((*KINDS, FLOW)))}'
        )
    path = kept / f'{name}.json'
    if not path.is_file():
        return 'Not measured yet.'
    content = json.loads(path.read_text('utf-8'))
    if name == FLOW:
        return format_flow_table(content, name='CMP')
    return markdown_table(_rows(content), _titles(name))


def fill(text: str, kept: Path) -> str:
    """Return the page with its tables made anew."""
    return BLOCK.sub(
        lambda found: f'{found[1]}\n{table(found[2], kept)}\n\n{found[3]}',
        text,
    )


def measured_entries(kept: Path, name: str) -> list[dict[str, Any]]:
    """Return what was measured of one backbone, as metafiles have it.

    Args:
        kept: Folder of the results.
        name: Of the backbone in the study.
    """
    from mmssl.benchmark.results import cells_of

    entries = []
    for kind in KINDS:
        path = kept / f'{kind}.json'
        if not path.is_file():
            continue
        cells = cells_of(_rows(json.loads(path.read_text('utf-8'))))
        titles = _titles(kind)
        for cell in cells:
            if cell.backbone == name and cell.values:
                title = titles.get(cell.task, cell.task)
                metric = f'{title}, {cell.metric} (measured)'
                entries.append(
                    dict(
                        Task=title,
                        Dataset=DATA[kind],
                        Source='measured',
                        Metrics={metric: f'{cell.mean:.4g}'},
                    )
                )
    return entries


def with_results(text: str, config: str, entries: list[dict[str, Any]]) -> str:
    """Return a metafile with other results of one model.

    Args:
        text: Of the metafile.
        config: Name of the model.
        entries: Of its ``Results``, which are the last key of a model.

    Raises:
        ValueError: The metafile has no such model.
    """
    lines = ['    Results: null\n'] if not entries else ['    Results:\n']
    for entry in entries:
        lines.append(f'      - Task: {_quoted(entry["Task"])}\n')
        for key in ('Dataset', 'Source'):
            lines.append(f'        {key}: {_quoted(entry[key])}\n')
        lines.append('        Metrics:\n')
        for name, value in entry['Metrics'].items():
            lines.append(f'          {_quoted(name)}: {value}\n')
    pattern = re.compile(
        rf'(  - Name: {re.escape(config)}\n(?:    .*\n)*?)'
        r'    Results:.*\n(?:      .*\n)*'
    )
    new, count = pattern.subn(lambda m: m[1] + ''.join(lines), text)
    if not count:
        raise ValueError(f'no model {config} with Results is in the metafile')
    return new


def pages(root: Path = ROOT) -> dict[Path, str]:
    """Return every page that depends on the results, as it should be."""
    kept = root / KEPT
    new = {root / PAGE: fill((root / PAGE).read_text('utf-8'), kept)}
    for name, config in CONFIGS.items():
        path = root / 'configs' / name / 'metafile.yml'
        new[path] = with_results(
            path.read_text('utf-8'), config, measured_entries(kept, name)
        )
    return new


def _rows(content: Mapping[str, Any]) -> list[Any]:
    """Return the rows of a kept file."""
    from mmssl.benchmark.results import Row

    return [Row(**row) for row in content['rows']]


def _titles(kind: str) -> dict[str, str]:
    """Return task -> title."""
    from mmssl.downstream.tasks import find_tasks

    return {n: t.title for n, t in find_tasks(KINDS[kind]).items()}


def _quoted(text: str) -> str:
    """Return a YAML string, in quotes where it needs them."""
    return (
        json.dumps(text) if re.search(r'[:#{}\[\]&*!|>%@`"]', text) else text
    )


def _write(path: Path, content: Any) -> None:
    """Write a JSON file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + '\n', 'utf-8')


def main() -> int:
    """Write the pages, or say which differ; return the status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('study', nargs='?', type=Path)
    parser.add_argument('--check', action='store_true')
    args = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    if args.study is not None:
        found = take_over(args.study, ROOT / KEPT, ROOT / 'docs' / 'images')
        print(f'results of: {", ".join(found)}')
    new = pages()
    old = [p for p, text in new.items() if p.read_text('utf-8') != text]
    for path in old:
        print(f'{path.relative_to(ROOT)}: {"differs" * args.check or "new"}')
        if not args.check:
            path.write_text(new[path], 'utf-8')
    if not args.check:
        zoo = Path(__file__).with_name('model_zoo.py')
        subprocess.run([sys.executable, str(zoo)], check=True)
    return int(args.check and bool(old))


if __name__ == '__main__':
    sys.exit(main())
