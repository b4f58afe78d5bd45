"""The files of a benchmark's folder."""

import csv
import json
from pathlib import Path

from PIL import Image

from mmssl.benchmark import figure
from mmssl.benchmark.result_files import Results
from mmssl.downstream.job_spec import JobResult


def finish(spec, value):
    spec.write()
    JobResult(
        spec.task, spec.backbone.name, spec.seed, 'm', value,
        {'m': 1.0, 'other': 2.0}, dict(matched=5), dict(train=2.0), {}, 'x',
    ).write(spec.work_dir)  # fmt: skip


def test_write__four_files_that_agree(make_spec, tmp_path):
    finish(make_spec(backbone='random', file=None), 10.0)
    finish(make_spec(), 12.5)
    out = tmp_path / 'out'
    results = Results(out, dict(parsing='Parsing of people'))
    files = results.write()
    assert [f.name for f in files] == [
        'results.md',
        'results.csv',
        'results.json',
        'results.png',
    ]
    assert files[0].read_text() == f'{results.table()}\n'
    assert '| mine | 12.50 (+2.50) |' in results.table()
    lines = list(csv.DictReader(files[1].open()))
    assert [line['value'] for line in lines] == ['12.5', '10.0']
    content = json.loads(files[2].read_text())
    assert content['titles'] == {'parsing': 'Parsing of people'}
    assert content['rows'][0]['metrics']['other'] == 2.0
    with Image.open(files[3]) as picture:
        assert picture.size[0] > 300


def test_write__without_numbers_or_matplotlib(
    make_spec, tmp_path, monkeypatch
):
    spec = make_spec()
    spec.write()
    said = []
    results = Results(tmp_path / 'out', {}, said.append)
    assert len(results.write()) == 3
    assert 'half finished' in results.table()
    finish(spec, 1.0)

    def missing(module, purpose):
        raise ImportError(f'{purpose} needs {module}')

    monkeypatch.setattr(figure, 'require', missing)
    assert len(results.write()) == 3
    assert said == ['no picture: the picture of a benchmark needs matplotlib']
    assert not Path(tmp_path / 'out/results.png').exists()
