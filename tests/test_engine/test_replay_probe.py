"""The first place with nan, forward and backward."""

import torch
from torch import nn

from mmssl.engine.replay_probe import Probe


class Log(nn.Module):
    def forward(self, x):
        return torch.log(x)


class Root(nn.Module):
    def forward(self, x):
        return torch.sqrt(x)


def chain(*middle):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 2), nn.ReLU(), *middle, nn.Linear(2, 1))


def test_forward__first_module_and_whether_its_input_was_fine():
    model = chain(Log())
    with torch.no_grad():
        model[0].bias.fill_(-100)  # so the log of 0
    probe = Probe(model)
    model(torch.ones(3, 2))
    found = probe.output
    assert (found.place, found.kind) == ('2', 'Log')
    assert (found.non_finite, found.size) == (6, 6)
    assert found.clean_input
    assert found.text('output') == (
        '2 (Log): 6 of 6 values of its output; what goes in is finite'
    )


def test_forward__bad_input_is_said():
    model = chain()
    probe = Probe(model)
    model(torch.tensor([[1.0, float('nan')]]))
    assert probe.output.place == '0'
    assert not probe.output.clean_input


def test_backward__first_gradient_in_backward_order():
    model = chain(Root())
    with torch.no_grad():
        model[0].bias.fill_(-100)  # so the root of 0
    probe = Probe(model)
    model(torch.ones(3, 2)).sum().backward()
    assert probe.output is None
    # the gradient of what the root gets in: the output of the ReLU
    assert (probe.gradient.place, probe.gradient.kind) == ('1', 'ReLU')


def test_backward__of_a_loss_outside_of_modules():
    model = nn.Linear(2, 1)
    probe = Probe(model)
    (torch.sqrt(model.weight * 0).sum() + model(torch.ones(1, 2))).backward()
    assert probe.gradient.place == 'weight'
    assert probe.gradient.kind == 'parameter'


def test_probe__changes_nothing_and_leaves():
    plain, watched = chain(nn.Tanh()), chain(nn.Tanh())
    probe = Probe(watched)
    x = torch.randn(4, 2)
    plain(x).sum().backward()
    watched(x).sum().backward()
    for one, two in zip(plain.parameters(), watched.parameters()):
        assert torch.equal(one.grad, two.grad)
    assert (probe.output, probe.gradient) == (None, None)
    probe.remove()
    watched(x * float('nan')).sum().backward()
    assert (probe.output, probe.gradient) == (None, None)
