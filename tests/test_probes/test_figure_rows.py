import math

import pytest

from mmssl.probes.figure_rows import FigureRow, figure_row, figure_table


def test_row__mean_and_deviation_over_seeds():
    row = FigureRow('a', {'map': (1.0, 2.0, 6.0), 'rank1': (5.0,)})
    assert row.mean('map') == 3
    assert row.std('map') == pytest.approx(math.sqrt((4 + 1 + 9) / 2))
    assert row.std('rank1') == 0
    assert math.isnan(row.mean('rank5'))
    assert row.content() == dict(
        name='a', map=3.0, map_std=pytest.approx(math.sqrt(7)), rank1=5.0
    )


def test_row__takes_what_begins_with_the_prefix():
    measured = [dict(x_map=1, x_colour_map=2, x_rank1=3), dict(x_map=4)]
    row = figure_row('a', measured, ['map', 'rank1'], 'x_')
    # rank1 is not there for each seed.
    assert row.values == {'map': (1.0, 4.0)}
    row = figure_row('b', measured[:1], ['map', 'rank1'], 'x_colour_')
    assert row.values == {'map': (2.0,)}


def test_table__columns_in_order():
    rows = [
        FigureRow('net.pth', {'b': (10.0,), 'a': (1.234,)}),
        FigureRow('chance', {'b': (2.0,)}),
    ]
    assert figure_table(rows, {'a': 'A', 'b': 'B'}).splitlines() == [
        'backbone  A     B',
        'net.pth   1.23  10.00',
        'chance       -   2.00',
    ]
