"""When two numbers are the same, and when a step is."""

import math

from mmssl.engine.gradients import GradientRow
from mmssl.engine.replay_result import (
    TermRow,
    is_reproduced,
    same_gradients,
    term_rows,
)

NAN = float('nan')
GOOD, BAD = GradientRow('a', 1.0, 0, 4), GradientRow('a', NAN, 2, 4)


def test_term__same_and_alike():
    def flags(one, other):
        row = TermRow(0, 'loss', one, other)
        return row.same, row.alike

    assert flags(1.0, 1.0) == (True, True)
    assert flags(1.0, 1.0 + 2**-52) == (False, True)
    assert flags(NAN, NAN) == (True, True)
    assert flags(NAN, math.inf) == (False, True)
    assert flags(NAN, 1.0) == (False, False)


def test_term_rows__a_term_that_is_gone_is_nan():
    rows = term_rows(
        [dict(terms=dict(loss=1.0)), dict(terms=dict(loss=2.0, x=3.0))],
        [dict(loss=1.0), dict(loss=2.5)],
    )
    assert rows[:2] == [
        TermRow(0, 'loss', 1.0, 1.0),
        TermRow(1, 'loss', 2.0, 2.5),
    ]
    assert math.isnan(rows[2].replayed)


def test_same_gradients__by_norm_and_name():
    assert same_gradients([BAD], [BAD])
    assert not same_gradients([GOOD], [BAD])
    assert not same_gradients([GOOD], [])


def state(bad_loss, world_size=1):
    return dict(measured=dict(bad_loss=bad_loss), world_size=world_size)


def test_reproduced__gradients_by_name():
    part = dict(gradients=[tuple(BAD)])
    fine = [TermRow(0, 'loss', 1.0, 1.0)]
    assert is_reproduced(state(False), part, fine, [BAD])
    assert not is_reproduced(state(False), part, fine, [GOOD])
    other = BAD._replace(name='b')
    assert not is_reproduced(state(False), part, fine, [other])
    # of several processes the recorded ones are averages
    assert is_reproduced(state(False, 2), part, fine, [other])
    assert not is_reproduced(state(False, 2), part, fine, [GOOD])


def test_reproduced__loss_terms():
    part = dict(gradients=[])
    again = [TermRow(0, 'loss', NAN, NAN)]
    assert is_reproduced(state(True), part, again, [])
    gone = [TermRow(0, 'loss', NAN, 1.0)]
    assert not is_reproduced(state(True), part, gone, [])
