"""Values against autocast by hand; weights stay in float32."""

from __future__ import annotations

import torch
from torch import nn

from mmssl.registry import OPTIM_WRAPPERS


def step_by_hand(model, inputs):
    with torch.autocast('cpu', dtype=torch.bfloat16):
        loss = model(inputs).float().square().mean()
    loss.backward()
    return {
        name: p.detach() - 0.1 * p.grad for name, p in model.named_parameters()
    }


def test_wrapper__is_autocast_and_a_plain_step():
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 1))
    inputs = torch.randn(4, 8)
    want = step_by_hand(model, inputs)
    model.zero_grad()
    wrapper = OPTIM_WRAPPERS.build(
        dict(
            type='Bf16OptimWrapper',
            optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
        )
    )
    with wrapper.optim_context(model):
        output = model(inputs)
    assert output.dtype is torch.bfloat16
    wrapper.update_params(output.float().square().mean())
    for name, value in model.named_parameters():
        assert value.dtype is torch.float32
        torch.testing.assert_close(value, want[name], rtol=1e-6, atol=1e-7)
    assert not torch.is_autocast_cpu_enabled()


def test_wrapper__accumulation_waits():
    model = nn.Linear(2, 1)
    wrapper = OPTIM_WRAPPERS.build(
        dict(
            type='Bf16OptimWrapper',
            accumulative_counts=2,
            optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
        )
    )
    wrapper.initialize_count_status(model, 0, 4)
    before = model.weight.detach().clone()
    for moved in (False, True):
        with wrapper.optim_context(model):
            loss = model(torch.ones(1, 2)).float().sum()
        wrapper.update_params(loss)
        assert torch.equal(model.weight, before) is not moved
