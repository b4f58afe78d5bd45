"""Write the tables of results from the metafiles.

python tools/misc/model_zoo.py            write docs/model_zoo.md and blocks
python tools/misc/model_zoo.py --check    only tell which files differ

A block of a page is what stands between ``<!-- results: NAME -->`` and
``<!-- end of results -->``; NAME is a folder of configs, "all", or "measured"
for all that was measured here. What a
paper or its authors report and what was measured with this repository are
kept apart by ``Source`` in the metafiles, and stand in different columns.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[2]
FAMILIES = ('cmp', 'scrl', 'dino', 'solider')
SOURCES = ('reported', 'measured')
NAMES = (*FAMILIES, 'all', 'measured')
PAGE = 'docs/model_zoo.md'
# Pages with blocks.
PAGES = (
    'README.md',
    PAGE,
    *(f'configs/{family}/README.md' for family in FAMILIES),
    *(f'docs/{family}.md' for family in FAMILIES),
)
BLOCK = re.compile(
    r'(<!-- results: (\w+) -->\n).*?(<!-- end of results -->)', re.DOTALL
)


class Result(NamedTuple):
    """One number of one config.

    Attributes:
        config: Name of the config.
        source: 'reported' by paper or authors, or 'measured' here.
        task: Such as 'Human Parsing'.
        data: Data set that it was judged on.
        metric: Name without its source.
        value: As it is written in the metafile.
    """

    config: str
    source: str
    task: str
    data: str
    metric: str
    value: str


def read_results(root: Path, family: str) -> list[Result]:
    """Return all results of a folder's metafile.

    Args:
        root: Of the repository.
        family: Folder below configs.

    Returns:
        In the order of the file.

    Raises:
        ValueError: A result does not say whose it is, or its metrics' names
            say something else.
    """
    path = root / 'configs' / family / 'metafile.yml'
    # All as text: 37.50 is to stay 37.50.
    text = path.read_text('utf-8')
    models = yaml.BaseLoader(text).get_single_data()['Models']
    return [result for model in models for result in _of_model(path, model)]


def _of_model(path: Path, model: dict) -> Iterator[Result]:
    """Yield the results of one model."""
    results = model['Results']
    for entry in results if isinstance(results, list) else ():
        source = entry.get('Source')
        if source not in SOURCES:
            raise ValueError(
                f'{path}: {model["Name"]}, {entry["Dataset"]}: Source is '
                f'{source!r}; it must be one of {", ".join(sorted(SOURCES))}'
            )
        ending = f' ({source})'
        for name, value in entry['Metrics'].items():
            if not name.endswith(ending):
                raise ValueError(
                    f'{path}: {model["Name"]}: {name!r} is a result whose '
                    f'Source is {source}; its name must end in {ending!r}'
                )
            metric = name[: -len(ending)]
            yield Result(
                *(model['Name'], source, entry['Task'], entry['Dataset']),
                *(metric, value),
            )


def results_table(results: list[Result]) -> str:
    """Return the results as Markdown, a row for each task and metric.

    Args:
        results: Of one folder of configs.

    Returns:
        Two tables, what is reported and what was measured here, with a
        column for each config; a table without rows is left out.
    """
    tables = []
    for source, title in zip(
        SOURCES,
        ('Reported by the paper or its authors:', 'Measured here:'),
    ):
        chosen = [r for r in results if r.source == source]
        if chosen:
            tables.append(f'{title}\n\n{_pivot(chosen)}')
    return '\n'.join(tables) or 'No results yet.\n'


def _pivot(results: list[Result]) -> str:
    """Return a table with the smaller of configs and metrics as columns."""
    configs = list(dict.fromkeys(f'`{r.config}`' for r in results))
    kinds = list(dict.fromkeys(f'{r.data}, {r.metric}' for r in results))
    cells = {
        (f'`{r.config}`', f'{r.data}, {r.metric}'): r.value for r in results
    }
    rows, columns = kinds, configs
    turned = len(configs) > len(kinds)
    if turned:
        rows, columns = columns, rows
    lines = [['', *columns], ['---', *['---:'] * len(columns)]]
    for row in rows:
        keys = [(row, c) if turned else (c, row) for c in columns]
        lines.append([row, *(cells.get(key, '') for key in keys)])
    return ''.join(f'| {" | ".join(line)} |\n' for line in lines)


def fill(text: str, root: Path = ROOT) -> str:
    """Return a page with its blocks made anew.

    Raises:
        ValueError: A block has a name that is no folder.
    """

    def block(found: re.Match[str]) -> str:
        name = found[2]
        if name not in NAMES:
            raise ValueError(
                f'<!-- results: {name} -->: there are '
                f'{", ".join(sorted(NAMES))}'
            )
        return f'{found[1]}\n{_tables(name, root)}\n{found[3]}'

    return BLOCK.sub(block, text)


def _tables(name: str, root: Path) -> str:
    """Return the table of one folder, or those of all."""
    if name == 'measured':
        found = (r for family in FAMILIES for r in read_results(root, family))
        return results_table([r for r in found if r.source == name])
    if name != 'all':
        return results_table(read_results(root, name))
    return '\n'.join(
        f'**{family.upper()}.** {results_table(read_results(root, family))}'
        for family in FAMILIES
    )


def main() -> int:
    """Write the pages, or say which would change; return the status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        '--check', action='store_true', help='write nothing, status 1 if old'
    )
    args = parser.parse_args()
    old = []
    for name in PAGES:
        path = ROOT / name
        text = path.read_text('utf-8')
        new = fill(text)
        if new != text:
            old.append(name)
            if not args.check:
                path.write_text(new, 'utf-8')
    for name in old:
        print(f'{name}: {"differs from the metafiles" * args.check or "new"}')
    return int(args.check and bool(old))


if __name__ == '__main__':
    sys.exit(main())
