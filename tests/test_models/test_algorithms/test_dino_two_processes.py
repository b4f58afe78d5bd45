"""Two gloo processes under DDP train as one with both batches, centre too."""

from __future__ import annotations

import copy
from typing import NamedTuple

import pytest
import torch
from mmengine.model import MMDistributedDataParallel
from mmengine.optim import OptimWrapper
from mmengine.registry import DefaultScope
from torch import distributed

from mmssl.registry import MODELS
from mmssl.testing.process_pair import run_in_pair

STEPS = 3
VIEWS = ((64, 32), (64, 32), (32, 16), (32, 16))
BACKBONES = {
    'swin': dict(
        type='SwinTransformer',
        arch=dict(embed_dims=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 1, 1]),
        pad_small_map=True,
        drop_path_rate=0.0,
    ),
    'semantic swin': dict(
        type='SemanticSwinTransformer',
        arch=dict(embed_dims=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 1, 1]),
        pad_small_map=True,
        drop_path_rate=0.0,
    ),
}


class Case(NamedTuple):
    """What both ways of training share."""

    backbone: str = 'swin'
    accumulate: int = 1


CASES = {
    'steps': Case(),
    'accumulation': Case(accumulate=2),
    # its last embedding gets no gradient: DDP would wait for it
    'lambda': Case(backbone='semantic swin'),
}


def build(case, seed=0):
    torch.manual_seed(seed)
    DefaultScope.get_instance('two', scope_name='mmssl')
    model = MODELS.build(
        dict(
            type='DINO',
            backbone=copy.deepcopy(BACKBONES[case.backbone]),
            neck=dict(
                type='DINONeck',
                in_channels=64,
                hid_channels=16,
                bottleneck_channels=8,
                num_prototypes=12,
            ),
            head=dict(type='DINOHead', num_prototypes=12, center_momentum=0.6),
        )
    )
    with torch.no_grad():  # logits that differ
        for network in (model, model.teacher):
            for layer in (0, 2, 4):
                network.neck.mlp[layer].weight.mul_(20)
    return model


def batch_of(number, rank):
    """Two images of one process, in one backward pass of the run."""
    rng = torch.Generator().manual_seed(100 * number + rank)
    return dict(
        inputs=[
            torch.randint(0, 256, (2, 3, *hw), generator=rng).to(torch.uint8)
            for hw in VIEWS
        ]
    )


def joined(batches):
    """One batch of those of all processes."""
    views = zip(*(batch['inputs'] for batch in batches))
    return dict(inputs=[torch.cat(view) for view in views])


def train(case, model, batches):
    """Return each loss, each centre, and the weights at the end."""
    inner = getattr(model, 'module', model)
    wrapper = OptimWrapper(
        torch.optim.SGD(inner.parameters(), lr=0.05, momentum=0.9),
        accumulative_counts=case.accumulate,
    )
    wrapper.initialize_count_status(inner, 0, len(batches))
    losses, centers = [], []
    for batch in batches:
        with wrapper.optim_context(model):
            data = inner.data_preprocessor(copy.deepcopy(batch), True)
            found = model(**data, mode='loss')
        wrapper.update_params(found['loss_dino'])
        losses.append(found['loss_dino'].detach())
        if wrapper.should_update():
            inner.update_teacher(0.9)
        centers.append(inner.head.center.clone())
    return torch.stack(losses), torch.stack(centers), inner.state_dict()


def _worker(rank):
    found = {}
    for name, case in CASES.items():
        # other draws in each process: DDP hands out those of the first
        model = MMDistributedDataParallel(
            build(case, seed=rank), broadcast_buffers=False
        )
        passes = range(STEPS * case.accumulate)
        batches = [batch_of(number, rank) for number in passes]
        losses, centers, state = train(case, model, batches)
        distributed.all_reduce(losses)
        state = {key: value.numpy() for key, value in state.items()}
        found[name] = (losses / 2).numpy(), centers.numpy(), state
    return found


@pytest.fixture(scope='module')
def found():
    """Losses, centres and weights of all cases, by process."""
    return [
        {
            name: (
                torch.from_numpy(losses),
                torch.from_numpy(centers),
                {key: torch.from_numpy(value) for key, value in state.items()},
            )
            for name, (losses, centers, state) in entries.items()
        }
        for entries in run_in_pair(_worker)
    ]


@pytest.mark.slow
@pytest.mark.parametrize('name', CASES)
def test_two_processes__equal_one(found, name):
    case = CASES[name]
    passes = range(STEPS * case.accumulate)
    batches = [
        joined([batch_of(number, rank) for rank in range(2)])
        for number in passes
    ]
    model = build(case)
    start = {k: v.clone() for k, v in model.state_dict().items()}
    losses, centers, state = train(case, model, batches)
    for rank in range(2):
        theirs, their_centers, weights = found[rank][name]
        torch.testing.assert_close(theirs, losses, rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(
            their_centers, centers, rtol=1e-4, atol=1e-6
        )
        for key, value in state.items():
            torch.testing.assert_close(
                weights[key], value, rtol=1e-4, atol=2e-6, msg=key
            )
    # the centre moves with steps, not with backward passes
    distinct = {tuple(center.flatten().tolist()) for center in centers}
    assert len(distinct) == STEPS + (case.accumulate > 1)
    moved = {k for k, v in state.items() if not torch.equal(v, start[k])}
    assert {'neck.mlp.0.weight', 'teacher.neck.mlp.0.weight'} <= moved
    assert torch.equal(
        found[0][name][2]['head.center'], found[1][name][2]['head.center']
    )
