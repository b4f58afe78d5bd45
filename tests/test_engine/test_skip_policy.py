"""What is the scaler's business, what is not, and when it is enough."""

import pytest

from mmssl.engine.skip_policy import SkipPolicy
from mmssl.engine.step_guard import Measured

GOOD = Measured(False, False, 1.0, None)
NAN_LOSS = Measured(True, True, None, 1024.0)


def overflow(scale):
    return Measured(False, True, None, scale)


def test_scaler__overflow_is_its_own_until_the_smallest_scale():
    policy = SkipPolicy(min_scale=1.0)
    scales = [2.0**n for n in range(16, -1, -1)]
    verdicts = [policy.judge(overflow(scale)) for scale in scales]
    assert verdicts == ['scaler'] * 16 + ['bad']
    assert policy.scaler_skipped == 16


def test_scaler__a_fixed_scale_runs_out_of_patience():
    policy = SkipPolicy(max_scaler_skips=3)
    verdicts = [policy.judge(overflow(512.0)) for _ in range(4)]
    assert verdicts == ['scaler'] * 3 + ['bad']


def test_scaler__a_good_step_renews_patience():
    policy = SkipPolicy(max_scaler_skips=1)
    kinds = [overflow(8.0), GOOD, overflow(8.0)]
    assert [policy.judge(k) for k in kinds] == ['scaler', 'good', 'scaler']


def test_loss__is_never_the_scalers_business():
    assert SkipPolicy().judge(NAN_LOSS) == 'bad'


def test_stop__says_so_at_once():
    assert SkipPolicy('stop').count_skip() == "action='stop'"


def test_skip__in_a_row_and_in_all():
    policy = SkipPolicy('skip', max_skips=2, max_total_skips=3)
    assert [bool(policy.count_skip()) for _ in range(3)] == [
        False,
        False,
        True,
    ]
    policy.judge(GOOD)
    assert policy.count_skip() == ''
    policy.judge(GOOD)
    assert policy.count_skip() == '3 steps of this run were skipped already'


def test_skip__a_skip_of_the_scaler_does_not_end_the_row():
    policy = SkipPolicy('skip', max_skips=1)
    policy.count_skip()
    policy.judge(overflow(64.0))
    assert policy.count_skip().startswith('1 steps in a row')


def test_state__goes_on_counting():
    policy, other = SkipPolicy('skip'), SkipPolicy('skip')
    policy.count_skip()
    policy.judge(overflow(64.0))
    other.load_state(policy.state())
    assert other.state() == policy.state()
    assert (other.skipped, other.scaler_skipped) == (1, 1)


@pytest.mark.parametrize(
    ('arguments', 'match'),
    [
        (dict(action='no'), "one of skip, stop, got 'no'"),
        (dict(max_skips=0), 'max_skips must be >= 1'),
        (dict(max_total_skips=0), 'max_total_skips'),
        (dict(max_scaler_skips=0), 'max_scaler_skips'),
    ],
)
def test_arguments__out_of_range(arguments, match):
    with pytest.raises(ValueError, match=match):
        SkipPolicy(**arguments)
