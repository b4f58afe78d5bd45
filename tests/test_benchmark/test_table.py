"""Table, CSV and JSON."""

import csv
import io
import json
import math

import pytest

from mmssl.benchmark.results import Row
from mmssl.benchmark.table import (
    as_json,
    csv_text,
    markdown_table,
    number_text,
    shown_names,
)


def row(backbone, seed, value, task='a', **more):
    more = {'metric': 'mIoU', 'random': backbone[:6] == 'random', **more}
    return Row(task, backbone, seed, value=value, **more)


def test_table__plus_is_better_also_of_errors():
    rows = [row('random', 0, 60.0, metric='m/NME')]
    rows.append(row('mine', 0, 40.0, metric='m/NME'))
    head, _, _, line = markdown_table(rows).splitlines()
    assert head == '| backbone | a (m/NME, lower is better) |'
    assert line == '| mine | 40.00 (+20.00) |'


def test_table__means_deviations_gains_and_what_failed():
    rows = [
        row('mine', 0, 30.0),
        row('mine', 1, 34.0),
        row('random R', 0, 20.0),
        row('mine', 2, None, status='failed', error='no memory', folder='x/y'),
        row('mine', 0, 0.5, task='b', metric='AP'),
        row('random R', 0, 0.25, task='b', metric='AP'),
    ]
    assert markdown_table(rows, {'a': 'Parsing'}).splitlines() == [
        '| backbone | Parsing (mIoU) | b (AP) |',
        '| :--- | ---: | ---: |',
        '| random | 20.00 | 0.2500 |',
        '| mine | 32.00 ± 2.83 (+12.00) [2 of 3 seeds] | 0.5000 (+0.2500) |',
        '',
        '* a, mine, seed 2: failed: no memory (x/y)',
    ]


def test_table__half_finished_senseless_and_empty():
    rows = [
        row('m', 0, None, status='half finished'),
        row('m', 1, math.nan, metrics={'acc': 1.0, 'z': 2.0}),
    ]
    text = markdown_table(rows)
    assert '| m | - |' in text
    assert '* a, m, seed 0: half finished' in text
    assert "no number for 'mIoU'; the evaluator gave: acc, z" in text
    assert markdown_table([]) == ''


def test_names__several_random_ones_keep_theirs():
    rows = [row('mine', 0, 1.0), row('random R', 0, 1.0)]
    assert shown_names(rows) == {'random R': 'random', 'mine': 'mine'}
    more = [*rows, row('random S', 0, 1.0)]
    assert list(shown_names(more).values()) == ['random R', 'random S', 'mine']


def test_csv__reads_back_to_the_bit():
    value = 1 / 3
    rows = [
        row('a, "b"', 0, value, load=dict(matched=3, total=4)),
        row('c', 1, None, status='failed', error='x\ny'),
    ]
    first, second = csv.DictReader(io.StringIO(csv_text(rows)))
    assert float(first['value']) == value
    assert (first['backbone'], first['matched']) == ('a, "b"', '3')
    assert (second['value'], second['error']) == ('', 'x\ny')


def test_json__can_be_read_by_anybody():
    rows = [row('m', 0, math.nan, seconds=dict(train=1.5)), row('m', 1, 2.0)]
    text = json.dumps(as_json(rows, dict(mmssl='1')), allow_nan=False)
    content = json.loads(text)
    assert content['mmssl'] == '1'
    assert content['rows'][0]['value'] is None
    assert content['rows'][0]['seconds'] == {'train': 1.5}
    assert content['cells'][0]['values'] == [2.0]
    assert content['cells'][0]['gain'] is None


@pytest.mark.parametrize(
    ('value', 'digits', 'sign', 'text'),
    [
        (1.005, 1, False, '1.0'),
        (2.0, 2, True, '+2.00'),
        (-0.25, 4, True, '-0.2500'),
        (math.nan, 2, True, '-'),
    ],
)
def test_number_text(value, digits, sign, text):
    assert number_text(value, digits, sign) == text
