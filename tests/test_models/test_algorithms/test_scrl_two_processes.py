"""Two gloo processes under DDP train as one process with both batches.

Without batch statistics, and with as many pairs in each process, the numbers
are the same; a process without any box counts as a loss of 0.
"""

from __future__ import annotations

import copy
from typing import NamedTuple

import pytest
import torch
from mmengine.model import MMDistributedDataParallel
from mmengine.optim import OptimWrapper
from mmengine.registry import DefaultScope
from mmpretrain.structures import DataSample
from torch import distributed

from mmssl.registry import MODELS
from mmssl.testing.process_pair import run_in_pair

STEPS = 3


class Case(NamedTuple):
    """What both ways of training share.

    ``boxes``: pairs of each image, in each process.
    """

    region: str = 'RoIRegions'
    boxes: tuple = (2, 2)
    norm: str = 'LN'
    accumulate: int = 1


CASES = {
    'boxes': Case(),
    'whole views': Case(region='GlobalRegions'),
    'accumulation': Case(accumulate=2),
    'no box in the second process': Case(boxes=(2, 0)),
    'no box at all': Case(boxes=(0, 0)),
    'no box in one, batch statistics': Case(boxes=(2, 0), norm='BN1d'),
}


def build(case, seed=0):
    torch.manual_seed(seed)
    DefaultScope.get_instance('two', scope_name='mmssl')
    mlp = dict(
        type='NonLinearNeck',
        hid_channels=8,
        out_channels=6,
        with_bias=True,
        with_last_bn=False,
        with_avg_pool=False,
        norm_cfg=dict(type=case.norm),
    )
    batch_norm = case.norm == 'BN1d'
    model = MODELS.build(
        dict(
            type='SCRL',
            backbone=dict(
                type='ResNet',
                depth=18,
                stem_channels=4,
                base_channels=4,
                norm_cfg=dict(type='BN')
                if batch_norm
                else dict(type='GN', num_groups=2),
                zero_init_residual=False,
            ),
            neck=dict(mlp, in_channels=32),
            head=dict(
                type='PairPredictHead',
                predictor=dict(mlp, in_channels=6),
                loss=dict(type='NormalizedL2Loss'),
            ),
            region=dict(type=case.region),
            teacher_init='independent',
        )
    )
    model.init_weights()
    return model


def batch_of(case, number, rank):
    """Two images of one process, in one backward pass of the run."""
    rng = torch.Generator().manual_seed(100 * number + rank)
    views = [
        torch.randint(0, 256, (2, 3, 64, 64), generator=rng).to(torch.uint8)
        for _ in range(2)
    ]
    samples = []
    for _ in range(2):
        made = DataSample()
        count = case.boxes[rank]
        corners = torch.rand(count, 2, 2, 2, generator=rng).sort(2).values
        made.boxes = corners.flatten(2) * 64
        made.box_views = torch.tensor([[0, 1]]).repeat(count, 1)
        samples.append(made)
    return dict(inputs=views, data_samples=samples)


def joined(batches):
    """One batch of those of all processes."""
    views = [torch.cat(v) for v in zip(*(b['inputs'] for b in batches))]
    samples = [s for b in batches for s in b['data_samples']]
    return dict(inputs=views, data_samples=samples)


def train(case, model, batches, weight=1.0):
    """Train; return each loss and the weights at the end.

    Args:
        case: what is trained.
        model: in DDP or not.
        batches: one for each backward pass.
        weight: of the loss.
    """
    inner = getattr(model, 'module', model)
    wrapper = OptimWrapper(
        torch.optim.SGD(inner.parameters(), lr=0.05, momentum=0.9),
        accumulative_counts=case.accumulate,
    )
    wrapper.initialize_count_status(inner, 0, len(batches))
    losses = []
    for batch in batches:
        with wrapper.optim_context(model):
            data = inner.data_preprocessor(copy.deepcopy(batch), True)
            found = model(**data, mode='loss')
        wrapper.update_params(found['loss_pair'] * weight)
        losses.append(found['loss_pair'].detach() * weight)
        if wrapper.should_update():
            inner.update_teacher(0.9)
    return torch.stack(losses), inner.state_dict()


def _worker(rank):
    found = {}
    for name, case in CASES.items():
        # other draws in each process: DDP hands out those of the first
        model = MMDistributedDataParallel(
            build(case, seed=rank), broadcast_buffers=False
        )
        passes = range(STEPS * case.accumulate)
        batches = [batch_of(case, number, rank) for number in passes]
        losses, state = train(case, model, batches)
        distributed.all_reduce(losses)
        state = {key: value.numpy() for key, value in state.items()}
        found[name] = (losses / 2).numpy(), state
    return found


@pytest.fixture(scope='module')
def found():
    """Losses and weights of all cases, by process."""
    return {
        (rank, name): (
            torch.from_numpy(losses),
            {key: torch.from_numpy(value) for key, value in state.items()},
        )
        for rank, entries in enumerate(run_in_pair(_worker))
        for name, (losses, state) in entries.items()
    }


@pytest.mark.slow
@pytest.mark.parametrize('name', [n for n in CASES if 'stat' not in n])
def test_two_processes__equal_one(found, name):
    case = CASES[name]
    passes = range(STEPS * case.accumulate)
    batches = [
        joined([batch_of(case, number, rank) for rank in range(2)])
        for number in passes
    ]
    # the mean over two processes, one of which has a loss of 0
    weight = 0.5 if case.boxes == (2, 0) else 1.0
    model = build(case)
    start = {k: v.clone() for k, v in model.state_dict().items()}
    losses, state = train(case, model, batches, weight)
    assert (losses == 0).all() == (case.boxes == (0, 0))
    for rank in range(2):
        theirs, weights = found[rank, name]
        torch.testing.assert_close(theirs, losses, rtol=1e-5, atol=1e-6)
        for key, value in state.items():
            torch.testing.assert_close(
                weights[key], value, rtol=1e-5, atol=1e-6, msg=key
            )
    moved = {k for k, v in state.items() if not torch.equal(v, start[k])}
    student = {k for k in moved if not k.startswith('teacher.')}
    assert bool(student) == (case.boxes != (0, 0))
    assert any(k.startswith('teacher.') for k in moved)


@pytest.mark.slow
def test_no_box_in_one_process__statistics_stay_its_own(found):
    """Weights agree; norms of projector and predictor saw no row there."""
    name = 'no box in one, batch statistics'
    (losses, one), (_, two) = found[0, name], found[1, name]
    assert torch.isfinite(losses).all()
    model = build(CASES[name])
    parameters = {key for key, _ in model.named_parameters()}
    for key in parameters:
        assert torch.equal(one[key], two[key]), key
    start = model.state_dict()
    for key in start:
        if 'running' in key and 'backbone' not in key:
            assert torch.equal(two[key], start[key]), key
            assert not torch.equal(one[key], start[key]), key
