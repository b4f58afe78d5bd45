"""What a replay says."""

from mmssl.engine.batch_statistics import TensorRow
from mmssl.engine.gradients import GradientRow
from mmssl.engine.replay_probe import Finding
from mmssl.engine.replay_report import report
from mmssl.engine.replay_result import ReplayResult, TermRow

NAN = float('nan')


def result(**changes):
    row = TensorRow('inputs.0', 'a.png', (3, 4), 'float32', -1, 2, 0.5, 0.25)
    return ReplayResult(
        rank=1,
        reproduced=True,
        identical=True,
        terms=[TermRow(0, 'loss', NAN, NAN)],
        gradients=[GradientRow('first.weight', NAN, 3, 4)],
        output=Finding('first', 'Linear', 2, 8, True),
        gradient=Finding('last.weight', 'parameter', 1, 4, True),
        weights=[],
        inputs=[row],
        batches=[],
        notes=[],
        anomaly='',
    )._replace(**changes)


def test_report__of_a_step_that_is_the_same():
    text = report(result())
    assert text.splitlines()[0] == 'process 1'
    assert '1      loss       nan         nan       equal' in text
    assert 'first (Linear): 2 of 8 values of its output; what goes in' in text
    assert 'last.weight (parameter): 1 of 4 values of its gradient' in text
    assert 'gradient is not finite: 1: first.weight' in text
    assert '3x4    float32  -1   2    0.5   25.00%   a.png' in text
    assert text.endswith('reproduced, to the bit')


def test_report__says_why_it_may_differ():
    text = report(
        result(
            reproduced=False,
            identical=False,
            terms=[TermRow(0, 'loss', NAN, 1.5)],
            notes=['torch was 2.1, here it is 2.11'],
        )
    )
    assert '1.5       different' in text
    assert 'not reproduced' in text
    assert text.endswith('may be because: torch was 2.1, here it is 2.11')


def test_report__without_a_known_reason():
    text = report(result(identical=False))
    assert 'reproduced, not to the bit' in text
    assert 'outside of weights and buffers' in text


def test_report__weights_that_were_bad_before_and_no_findings():
    text = report(result(weights=['a', 'b'], output=None, gradient=None))
    assert 'weights not finite before the step: 2, the first a' in text
    assert 'forward, first output that is not finite: none' in text


def test_report__long_tables_are_cut():
    rows = result().inputs * 15
    assert '... and 3 more, 3 of them with nan or inf' in report(
        result(inputs=rows)
    )
