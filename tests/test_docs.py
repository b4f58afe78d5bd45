"""The pages of docs/: each listed, no link that leads nowhere."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / 'docs'
PAGES = sorted(DOCS.glob('*.md'))
LINK = re.compile(r'(?<!\\)\[[^\]]*\]\(([^)\s]+)\)')
FENCE = re.compile(r'^```.*?^```', re.MULTILINE | re.DOTALL)


def anchors(page):
    """Names of a page's headings, as GitHub and MyST make them."""
    text = FENCE.sub('', page.read_text('utf-8'))
    titles = re.findall(r'^#+ (.+)$', text, re.MULTILINE)
    return {
        re.sub(r'[^\w\- ]', '', title.lower()).strip().replace(' ', '-')
        for title in titles
    }


@pytest.mark.parametrize(
    'page', [*PAGES, ROOT / 'README.md'], ids=lambda path: path.name
)
def test_links__lead_somewhere(page):
    wrong = []
    for link in LINK.findall(FENCE.sub('', page.read_text('utf-8'))):
        if '://' in link or link.startswith('api/'):
            continue
        path, _, anchor = link.partition('#')
        target = (page.parent / path) if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            wrong.append(link)
    assert wrong == []


@pytest.mark.parametrize('page', PAGES, ids=lambda path: path.name)
def test_tests__that_a_page_names_exist(page):
    named = re.findall(r'`(tests/\S+\.py)`', page.read_text('utf-8'))
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_index__lists_every_page_twice():
    text = (DOCS / 'index.md').read_text('utf-8')
    trees = re.findall(r'^```{toctree}\n(.*?)^```', text, re.M | re.S)
    in_trees = re.findall(r'^(?!:)(\S+)$', '\n'.join(trees), re.MULTILINE)
    in_table = [Path(link).stem for link in LINK.findall(text)]
    names = [page.stem for page in PAGES if page.stem != 'index']
    assert sorted(in_trees) == sorted([*names, 'api/modules'])
    assert sorted(in_table) == sorted([*names, 'modules'])


def test_conf__docstrings_become_rst():
    tidy = runpy.run_path(str(DOCS / 'conf.py'))['tidy_docstring']
    lines = [
        'Loss of |d|.',
        '',
        'Source: a paper,',
        '    ``file.py``.',
        'Deviates: none.',
        'Args:',
        '    d: px.',
    ]
    tidy(None, 'function', 'f', None, None, lines)
    assert lines == [
        'Loss of \\|d\\|.',
        '',
        '',
        '**Source**: a paper,',
        '``file.py``.',
        '',
        '**Deviates**: none.',
        '',
        'Args:',
        '    d: px.',
    ]
