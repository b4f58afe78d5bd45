"""The hook that looks before the first step."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from mmssl.downstream import load_gate_hook
from mmssl.downstream.errors import HandOffError
from mmssl.downstream.exported import Exported
from mmssl.downstream.load_gate import check_names
from mmssl.downstream.load_gate_hook import LoadGateHook


@pytest.fixture
def tried(monkeypatch):
    """What a trial was called with."""
    calls = []
    monkeypatch.setattr(
        load_gate_hook, 'try_task', lambda *args: calls.append(args)
    )
    return calls


def runner(model, done=0):
    return SimpleNamespace(
        model=model,
        iter=done,
        train_loop=SimpleNamespace(dataloader='train'),
        test_loop=SimpleNamespace(dataloader='test'),
    )


def network():
    model = nn.Module()
    model.backbone = nn.Linear(2, 3)
    return model


def gate(model):
    state = {k: v.clone() for k, v in model.backbone.state_dict().items()}
    exported = Exported(config=None, name='a', file='a.pth', state=state)
    names = check_names(exported, model.backbone)
    return LoadGateHook(exported, names, 'task and net')


def test_gate__passes_what_arrived_and_tries_it(tried):
    model = network()
    hook = gate(model)
    hook.before_train(runner(model))
    assert tried == [(model, 'train', 'test', 'task and net')]
    assert hook.started > 0


def test_gate__stops_what_did_not_arrive(tried):
    model = network()
    hook = gate(model)
    with torch.no_grad():
        model.backbone.bias += 1
    with pytest.raises(HandOffError, match='1 of 2 tensors'):
        hook.before_train(runner(model))
    assert not tried


def test_gate__random_weights_are_tried_too(tried):
    model = network()
    LoadGateHook(
        Exported(config=None, name='random'), None, 'about'
    ).before_train(runner(model))
    assert len(tried) == 1
