"""Sentences about a step, and what the log keeps of it."""

import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from mmengine.logging import HistoryBuffer, MessageHub
from mmpretrain.structures import DataSample
from torch import nn

from mmssl.engine.finite_report import (
    Dumped,
    Problem,
    dump_problem,
    leave_out,
    problem_text,
)
from mmssl.engine.gradients import GradientRow
from mmssl.engine.skip_policy import SkipPolicy
from mmssl.engine.step_guard import Measured
from mmssl.engine.step_window import StepWindow

NAN_LOSS = Measured(True, True, None, None)
ROWS = [GradientRow('a', 3.0, 0, 4), GradientRow('b', float('nan'), 2, 4)]


def run(tmp_path, *losses):
    """Return a stand-in for a runner, and the batches of a step."""
    hub = MessageHub.get_instance(f'report {tmp_path}')
    for value in (2.0, 3.0):
        hub.update_scalar('train/loss', value)
    model = nn.Linear(1, 1)
    window = StepWindow(model)
    for number, loss in enumerate(losses):
        sample = DataSample(metainfo=dict(source=f'list.txt, line {number}'))
        window.open(number, dict(data_samples=[sample]))
        window.close(dict(loss=torch.tensor(loss)))
    runner = SimpleNamespace(
        iter=11, model=model, message_hub=hub, work_dir=str(tmp_path)
    )
    return runner, window


def text_of(runner, window, problem, reason='', dumped=None):
    dumped = dumped or Dumped(Path('dumps/iter_12'), 2_500_000, '')
    policy = SkipPolicy('skip')
    return problem_text(runner, window, problem, dumped, policy, reason)


def test_text__names_term_batch_file_gradient_and_history(tmp_path):
    runner, window = run(tmp_path, 1.0, float('nan'))
    text = text_of(runner, window, Problem(NAN_LOSS, True, ROWS))
    lines = text.splitlines()
    assert lines[0] == (
        'iteration 12: the loss is not finite: loss = nan (batch 2 of the '
        'step)'
    )
    assert 'list.txt, line 1' in text
    assert 'list.txt, line 0' not in text
    assert 'gradients with nan or inf: 1 of 2, the first b (2 of 4' in text
    assert 'loss of the steps before: 2, 3' in text
    assert 'dumps/iter_12 (2.5 MB)' in text
    assert 'the step is skipped' in lines[-1]


def test_text__gradients_alone(tmp_path):
    runner, window = run(tmp_path, 1.0)
    measured = Measured(False, True, None, 1.0)
    text = text_of(runner, window, Problem(measured, False, ROWS), 'enough')
    assert text.startswith(
        'iteration 12: gradients are not finite at loss scale 1; every loss'
    )
    assert 'list.txt, line 0' in text
    assert 'the run stops (enough)' in text


def test_text__largest_gradients_and_weights_that_were_bad(tmp_path):
    runner, window = run(tmp_path, float('inf'))
    with torch.no_grad():
        runner.model.bias.fill_(float('nan'))
    problem = Problem(NAN_LOSS, True, ROWS[:1])
    text = text_of(
        runner, window, problem, dumped=Dumped(Path('x'), 0, 'no space')
    )
    assert 'largest gradients: a 3' in text
    assert (
        'weights that were not finite before the step: 1, the first bias'
        in (text)
    )
    assert 'no complete dump: no space' in text


def test_dump__whatever_fails_is_said(tmp_path):
    runner, window = run(tmp_path, 1.0)  # a runner without a config
    problem = Problem(NAN_LOSS, True, ROWS)
    dumped = dump_problem(runner, window, problem, 'dumps', 3)
    assert dumped.reason.startswith('process 0: AttributeError')
    assert dumped.folder == tmp_path / 'dumps' / 'iter_12'
    none = dump_problem(runner, window, problem, None, 3)
    assert none.reason == 'dump_dir=None'


def test_leave_out__means_forget_values_that_are_not_finite():
    nan = float('nan')
    hub = SimpleNamespace(
        log_scalars={
            'train/loss': HistoryBuffer([1.0, nan, 3.0, nan], [1] * 4),
            'val/x': HistoryBuffer([nan], [1]),
        }
    )
    leave_out(hub, 1)
    buffer = hub.log_scalars['train/loss']
    assert buffer.mean(2) == 3.0
    assert math.isnan(buffer.mean(3))  # not that far back
    assert np.isnan(hub.log_scalars['val/x'].current())
