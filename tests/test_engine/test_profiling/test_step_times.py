"""Typical steps, groups and shares, by hand."""

import pytest

from mmssl.engine.profiling.clocks import Span
from mmssl.engine.profiling.step_recorder import Label
from mmssl.engine.profiling.step_times import (
    GROUPS,
    group_of,
    step_report,
    total,
    typical_step,
)

NET = Label('forward', 'backbone', 'backbone')
BACK = Label('backward', 'backbone', 'backbone')
MAP = Label('input', 'guidance map', 'method')
COPY = Label('input', 'copy and normalise', 'input')
OPT = Label('optimizer', 'optimizer', 'optimizer')


def test_typical_step__mean_of_the_faster_half():
    steps = [
        {NET: Span(2.0, 1.0), OPT: Span(1.0, 1.0)},
        {NET: Span(1.0, 9.0)},  # fast on the wall, but slow
        {NET: Span(2.0, 2.0), OPT: Span(3.0, 2.0)},
    ]
    assert typical_step(steps) == {NET: Span(2.0, 1.5), OPT: Span(2.0, 1.5)}


def test_typical_step__cycles_keep_the_optimiser():
    light, heavy = {NET: Span(1.0, 1.0)}, {NET: Span(1, 1), OPT: Span(2, 2)}
    got = typical_step([light, heavy] * 3, cycle=2)
    assert got == {NET: Span(1.0, 1.0), OPT: Span(1.0, 1.0)}
    with pytest.raises(ValueError, match='2 steps are needed'):
        typical_step([light], cycle=2)


@pytest.mark.parametrize(
    ('label', 'group'),
    [
        (NET, 'forward'),
        (BACK, 'backward'),
        (MAP, 'method-specific'),
        (COPY, 'copy and normalise'),
        (OPT, 'optimizer'),
        (Label('backward', 'x', 'method'), 'method-specific'),
        (Label('forward', 'decoder', 'network'), 'forward'),
    ],
)
def test_group_of(label, group):
    assert group_of(label) == group


def test_report__shares_add_up():
    parts = {
        NET: Span(3.0, 2.0),
        BACK: Span(4.0, 4.0),
        MAP: Span(1.0, 1.0),
        OPT: Span(9.0, 1.0),
    }
    assert total(parts) == Span(17.0, 8.0)
    report = step_report(parts, wait_share=0.2)
    assert report['clock'] == 'CPU time'
    assert (report['wall_ms'], report['cpu_ms']) == (17e3, 8e3)
    assert report['method_share'] == pytest.approx(1 / 8)
    assert list(report['groups']) == list(GROUPS)
    assert report['groups'] == pytest.approx(
        {
            'data wait': 0.2,
            'copy and normalise': 0,
            'forward': 0.2,
            'backward': 0.4,
            'optimizer': 0.1,
            'method-specific': 0.1,
        }
    )
    assert report['parts'][0] == dict(
        phase='forward',
        name='backbone',
        kind='backbone',
        wall_ms=3e3,
        cpu_ms=2e3,
        share=0.25,
    )


def test_report__a_device_has_wall_time_only():
    report = step_report({NET: Span(3.0, 0.0), MAP: Span(1.0, 0.0)})
    assert report['clock'] == 'stream time'
    assert report['method_share'] == 0.25
