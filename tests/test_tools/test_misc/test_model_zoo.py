"""The tables of results are those of the metafiles."""

import importlib.util
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
TOOL = ROOT / 'tools' / 'misc' / 'model_zoo.py'
METAFILE = """
Models:
  - Name: a
    Results:
      - Task: T
        Dataset: D
        Source: reported
        Metrics:
          m (reported): 37.50
      - Task: T
        Dataset: E
        Source: measured
        Metrics:
          m (measured): 1.0 +- 0.2
          n (measured): 2
  - Name: b
    Results: null
"""


@pytest.fixture(scope='module')
def tool():
    spec = importlib.util.spec_from_file_location('model_zoo', TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def root(tmp_path):
    """Folders of configs that all have the same metafile."""
    for family in ('cmp', 'dino', 'scrl', 'solider'):
        (tmp_path / 'configs' / family).mkdir(parents=True)
        (tmp_path / 'configs' / family / 'metafile.yml').write_text(METAFILE)
    return tmp_path


def test_pages__are_what_the_metafiles_say(tool):
    for name in tool.PAGES:
        text = (ROOT / name).read_text('utf-8')
        assert tool.fill(text) == text, (
            f'{name} differs from the metafiles; run '
            'python tools/misc/model_zoo.py'
        )
        assert tool.BLOCK.search(text), f'{name} has no block of results'


def test_page__names_every_result_of_every_metafile(tool):
    text = (ROOT / tool.PAGE).read_text('utf-8')
    rows = [re.split(r' *\| *', line) for line in text.splitlines()]
    cells = {cell for row in rows for cell in row}
    for family in tool.FAMILIES:
        path = ROOT / 'configs' / family / 'metafile.yml'
        for model in yaml.safe_load(path.read_text('utf-8'))['Models']:
            for result in model['Results'] or ():
                assert f'`{model["Name"]}`' in cells
                for value in result['Metrics'].values():
                    assert (
                        any(
                            cell and str(value) == cell.rstrip('0').rstrip('.')
                            for cell in cells
                        )
                        or str(value) in cells
                    )


def test_results_table__keeps_reported_and_measured_apart(tool, root):
    table = tool.results_table(tool.read_results(root, 'cmp'))
    reported, measured = table.split('Measured here:')
    assert '| D, m | 37.50 |' in reported
    assert 'E' not in reported
    assert '| E, m | 1.0 +- 0.2 |\n| E, n | 2 |' in measured
    assert 'D' not in measured


def test_results_table__has_the_fewer_as_columns(tool):
    results = [
        tool.Result(config, 'reported', 'T', 'D', 'm', value)
        for config, value in (('x', '1'), ('y', '2'))
    ]
    table = tool.results_table(results)
    assert table.endswith(
        '|  | D, m |\n| --- | ---: |\n| `x` | 1 |\n| `y` | 2 |\n'
    )


@pytest.mark.parametrize(
    ('old', 'new', 'message'),
    [
        ('Source: measured', 'Source: ours', "E: Source is 'ours'.*measured"),
        ('m (measured)', 'm (reported)', "must end in ' .measured."),
        ('Source: reported\n', '\n', 'D: Source is None'),
    ],
)
def test_read_results__bad_source(tool, root, old, new, message):
    path = root / 'configs' / 'cmp' / 'metafile.yml'
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ValueError, match=message):
        tool.read_results(root, 'cmp')


def test_fill__replaces_blocks_and_nothing_else(tool, root):
    page = 'a\n<!-- results: {} -->\nold\n<!-- end of results -->\nb\n'
    new = tool.fill(page.format('dino'), root)
    assert new.startswith('a\n<!-- results: dino -->\n\nReported')
    assert new.endswith('\n<!-- end of results -->\nb\n')
    assert 'old' not in new
    assert tool.fill(new, root) == new
    measured = tool.fill(page.format('measured'), root)
    assert '37.50' not in measured
    assert '| E, m | 1.0 +- 0.2 |' in measured
    with pytest.raises(ValueError, match='there are all, cmp, dino'):
        tool.fill(page.format('dyno'), root)
