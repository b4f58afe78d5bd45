"""What is kept between the first batch of a step and its end."""

import torch
from torch import nn

from mmssl.engine.step_window import StepWindow
from mmssl.utils.random_state import set_random_state


def test_batches__with_random_states_from_before_them():
    model = nn.BatchNorm1d(1)
    window = StepWindow(model)
    drawn = []
    for number in range(2):
        window.open(number, dict(batch=number))
        drawn.append(float(torch.rand(1)))
        window.close(dict(loss=torch.tensor(number + 0.5), text='no tensor'))
    assert [m.batch for m in window.batches] == [{'batch': 0}, {'batch': 1}]
    assert [m.iteration for m in window.batches] == [0, 1]
    assert [float(t['loss']) for t in window.terms] == [0.5, 1.5]
    for micro, value in zip(window.batches, drawn):
        set_random_state(micro.random)
        assert float(torch.rand(1)) == value


def test_buffers__are_those_before_the_first_batch():
    model = nn.BatchNorm1d(1, momentum=1.0)
    window = StepWindow(model)
    for value in (3.0, 5.0):
        window.open(0, None)
        model(torch.full((2, 1), value))
    assert window.buffers.state_dict()['running_mean'].tolist() == [0]
    window.clear()
    assert (window.batches, window.terms) == ([], [])
    window.open(0, None)
    assert window.buffers.state_dict()['running_mean'].tolist() == [5]


def test_gradients__that_a_resumed_run_brings():
    model = nn.Linear(1, 1)
    model.weight.grad = torch.tensor([[7.0]])
    window = StepWindow(model)
    window.open(0, None)
    model.weight.grad += 1
    assert window.gradients['weight'].tolist() == [[7.0]]
    assert set(window.gradients) == {'weight'}
    window.clear()
    window.open(1, None)
    assert window.gradients == {}


def test_state__a_resumed_step_is_undone_as_a_whole():
    model = nn.BatchNorm1d(1, momentum=1.0)
    window = StepWindow(model)
    assert window.state_dict() == {}
    window.open(0, None)
    model(torch.full((2, 1), 3.0))
    resumed = StepWindow(model)
    resumed.load_state_dict(window.state_dict())
    resumed.open(1, None)
    model(torch.full((2, 1), float('nan')))
    # what is replayed begins where the run was resumed
    assert resumed.buffers.state_dict()['running_mean'].tolist() == [3]
    assert resumed.length == 2
    resumed.undo_if(torch.tensor(False))
    assert model.running_mean.isnan().all()
    again = StepWindow(model)
    again.load_state_dict(resumed.state_dict())
    assert again.length == 2
    again.undo()
    assert model.running_mean.tolist() == [0]
    resumed.clear()
    assert (resumed.length, resumed.state_dict()) == (0, {})
