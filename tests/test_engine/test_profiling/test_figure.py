"""The bars' lengths and colours are the report's."""

import copy

import numpy as np
import pytest

from mmssl.engine.profiling.figure import _rows, bars, draw_bars


def test_bars__add_up_to_iteration_and_step(report):
    found = bars(report)
    with_data = found['with data']
    # 400 ms of CPU time are 80 % of an iteration
    assert sum(with_data.values()) == pytest.approx(500)
    assert with_data['data wait'] == pytest.approx(100)
    assert with_data['method-specific'] == pytest.approx(100)
    assert with_data['backward'] == pytest.approx(200)
    assert sum(found['random tensors'].values()) == pytest.approx(100)


def test_rows__several_are_in_percent_of_their_own_iterations(report):
    slow = copy.deepcopy(report)
    for key in ('cpu_ms', 'wall_ms'):
        slow['step'][key] *= 10
    rows = dict(_rows({'a': report, 'b': slow}, relative=True)[::2])
    assert list(rows) == ['a\nwith data', 'b\nwith data']
    for values in rows.values():
        assert sum(values.values()) == pytest.approx(100)
        assert values['data wait'] == pytest.approx(20)


def test_draw__colours_in_proportion(report):
    pytest.importorskip('matplotlib')
    image = draw_bars({'net': report}).astype(int)
    assert image.dtype == int
    assert image.shape[2] == 3

    def row_count(color):
        """Longest run of a colour in one row of pixels."""
        hits = (np.abs(image - color).sum(2) < 6).sum(1)
        return hits.max()

    backward = row_count((0x7F, 0xA8, 0xD6))
    method = row_count((0x6B, 0x4F, 0xA0))
    wait = row_count((0xB0, 0x3A, 0x5B))
    assert backward / method == pytest.approx(2, rel=0.05)
    assert wait / method == pytest.approx(1, rel=0.05)
