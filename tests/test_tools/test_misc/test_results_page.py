"""The page of results: what a study left, in tables and metafiles."""

import importlib.util
import json
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
TOOL = ROOT / 'tools' / 'misc' / 'results_page.py'
METAFILE = """Models:
  - Name: before
    Metadata:
      Epochs: 1
    Results: null
  - Name: cmp_r18_cpu-puppets
    Metadata:
      Epochs: 2
    Results:
      - Task: old
        Dataset: D
        Source: measured
        Metrics:
          m (measured): 1
  - Name: behind
    Metadata:
      Epochs: 3
    Results:
      - Task: T
        Dataset: D
        Source: reported
        Metrics:
          m (reported): 7
"""


@pytest.fixture(scope='module')
def tool():
    spec = importlib.util.spec_from_file_location('results_page', TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def row(backbone, seed, value, **more):
    """Return one row of a benchmark's results.json."""
    return dict(
        task='parsing-linear',
        backbone=backbone,
        seed=seed,
        metric='mIoU',
        value=value,
        random=backbone.startswith('random'),
        config=dict(type='ResNet', depth=18),
        **more,
    )


@pytest.fixture
def study(tmp_path):
    """A folder as tools/study.py leaves it."""
    rows = [
        row('cmp', 0, 30.0, folder='/some/where', seconds=dict(train=3)),
        row('cmp', 1, 32.0),
        row('random ResNet-18', 0, 20.0),
        row('random ResNet-18', 1, 21.0),
    ]
    (tmp_path / 'puppets').mkdir()
    (tmp_path / 'puppets' / 'results.json').write_text(
        json.dumps(dict(format=1, rows=rows))
    )
    (tmp_path / 'puppets' / 'results.png').write_bytes(b'a plot')
    metrics = {'flow/EPE': 1.0, 'flow/Fl': 5.0}
    metrics.update({'flow/EPE_zero': 4.0, 'flow/Fl_zero': 40.0})
    (tmp_path / 'flow.json').write_text(json.dumps(metrics))
    return tmp_path


@pytest.fixture
def kept(tool, study, tmp_path):
    folder = tmp_path / 'kept'
    assert tool.take_over(study, folder, tmp_path) == ['puppets', 'flow']
    return folder


def test_pages__are_what_the_results_say(tool):
    for path, text in tool.pages().items():
        assert path.read_text('utf-8') == text, (
            f'{path.name} differs from docs/results; run '
            'python tools/misc/results_page.py'
        )


def test_take_over__drops_what_is_of_one_machine(kept, tmp_path):
    content = json.loads((kept / 'puppets.json').read_text())
    assert set(content) == {'rows'}
    for kept_row in content['rows']:
        assert not {'folder', 'seconds'} & set(kept_row)
    assert (tmp_path / 'results_puppets.png').read_bytes() == b'a plot'


def test_take_over__nothing_there(tool, tmp_path):
    with pytest.raises(FileNotFoundError, match='has no results'):
        tool.take_over(tmp_path / 'empty', tmp_path, tmp_path)


def test_fill__means_deviations_and_gains(tool, kept):
    page = 'a\n<!-- table: {} -->\nold\n<!-- end of table -->\nb\n'
    text = tool.fill(page.format('puppets'), kept)
    assert '| cmp | 31.00 ± 1.41 (+10.50) |' in text
    assert '| random | 20.50 ± 0.71 |' in text
    assert 'old' not in text
    assert tool.fill(text, kept) == text
    flow = tool.fill(page.format('flow'), kept)
    assert '| CMP        |    1.000 |    5.0 |               -75.0 % |' in flow
    missing = tool.fill(page.format('coco256'), kept)
    assert 'Not measured yet.' in missing
    with pytest.raises(ValueError, match='there are coco256, flow, people'):
        tool.fill(page.format('flour'), kept)


def test_with_results__changes_one_model_alone(tool, kept):
    entries = tool.measured_entries(kept, 'cmp')
    text = tool.with_results(METAFILE, 'cmp_r18_cpu-puppets', entries)
    models = yaml.safe_load(text)['Models']
    before = yaml.safe_load(METAFILE)['Models']
    assert [models[0], models[2]] == [before[0], before[2]]
    (result,) = models[1]['Results']
    assert result['Dataset'] == 'puppets (full)'
    assert result['Source'] == 'measured'
    assert list(result['Metrics'].values()) == [31]
    assert next(iter(result['Metrics'])).endswith(', mIoU (measured)')
    # Again, and without any.
    assert tool.with_results(text, 'cmp_r18_cpu-puppets', entries) == text
    none = tool.with_results(text, 'cmp_r18_cpu-puppets', [])
    assert yaml.safe_load(none)['Models'][1]['Results'] is None
    with pytest.raises(ValueError, match='no model nobody'):
        tool.with_results(text, 'nobody', entries)
