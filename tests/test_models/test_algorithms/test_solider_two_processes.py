"""Two gloo processes under DDP train as one process with both batches.

With one part and one lambda nothing is drawn that matters, and with as many
valid images in each process the numbers are the same, those of the centre
included; a process without any counts as a semantic loss of 0.
"""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
import torch
from mmengine.model import MMDistributedDataParallel
from mmengine.optim import OptimWrapper
from mmengine.registry import DefaultScope
from torch import distributed

from mmssl.clustering import PartMaps
from mmssl.registry import MODELS
from mmssl.testing.process_pair import run_in_pair

STEPS = 3
MLP = dict(
    type='DINONeck', in_channels=64, hid_channels=16, bottleneck_channels=8
)
HEADS = {
    'trained': dict(semantic_head=dict(MLP, num_prototypes=2)),
    'published': dict(
        semantic_head=dict(MLP, num_prototypes=2),
        train_semantic_head=False,
        alpha=None,
        mask_part='batch',
    ),
    'blocks': dict(
        semantic_head=dict(
            type='SemanticHead',
            in_channels=64,
            num_classes=2,
            num_blocks=1,
            norm_cfg=dict(type='LN'),
        )
    ),
}
# name -> head, accumulation, whether images of each process are valid
CASES = {
    'trained head': ('trained', 1, (True, True)),
    'published': ('published', 1, (True, True)),
    'accumulation': ('blocks', 2, (True, True)),
    'no valid image in the second process': ('trained', 1, (True, False)),
    'no valid image at all': ('blocks', 1, (False, False)),
}


def build(name, seed=0):
    torch.manual_seed(seed)
    DefaultScope.get_instance('two', scope_name='mmssl')
    return MODELS.build(
        dict(
            type='SOLIDER',
            backbone=dict(
                type='SemanticSwinTransformer',
                arch=dict(
                    embed_dims=8, depths=[1] * 4, num_heads=[1, 1, 2, 2]
                ),
                strides=(4, 2, 2, 1),
                drop_path_rate=0.0,
            ),
            neck=dict(MLP, num_prototypes=12),
            head=dict(type='DINOHead', num_prototypes=12),
            part_labels=dict(type='PartLabels', num_parts=1),
            semantic_weight_distribution=0.5,
            **HEADS[CASES[name][0]],
        )
    ).train()


def batch_of(number, rank):
    """Two images of one process, in one backward pass of the run."""
    rng = torch.Generator().manual_seed(100 * number + rank)
    sizes = ((64, 32), (64, 32), (32, 16))
    return [torch.randn(2, 3, *size, generator=rng) for size in sizes]


def set_valid(model, valid):
    """All images are valid, or none is."""
    share = 0.0 if valid else 0.999
    model.part_labels.options['min_foreground'] = share


def train(name, model, batches, weight=1.0):
    """Train; return both losses of each pass and the weights at the end."""
    inner = getattr(model, 'module', model)
    wrapper = OptimWrapper(
        torch.optim.SGD(inner.parameters(), lr=0.05, momentum=0.9),
        accumulative_counts=CASES[name][1],
    )
    wrapper.initialize_count_status(inner, 0, len(batches))
    losses = []
    for batch in batches:
        with wrapper.optim_context(model):
            found = model(batch, None, mode='loss')
        terms = found['loss_dino'], found['loss_semantic'] * weight
        wrapper.update_params(sum(terms))
        losses.append(torch.stack([term.detach() for term in terms]))
        if wrapper.should_update():
            inner.update_teacher(0.9)
    return torch.stack(losses), inner.state_dict()


def _worker(rank):
    found = {}
    for name, (_, accumulate, valid) in CASES.items():
        # other draws in each process: DDP hands out those of the first
        model = build(name, seed=rank)
        set_valid(model, valid[rank])
        model = MMDistributedDataParallel(model, broadcast_buffers=False)
        passes = range(STEPS * accumulate)
        batches = [batch_of(number, rank) for number in passes]
        losses, state = train(name, model, batches)
        distributed.all_reduce(losses)
        state = {key: value.numpy() for key, value in state.items()}
        found[name] = (losses / 2).numpy(), state
    found['draws'] = draws_of(build('accumulation'), batch_of(0, rank))
    return found


def draws_of(model, batch):
    """Return lambdas and cut parts of a step; the seed is the runner's."""
    model.semantic_weight_distribution, model.mask_part = 'uniform', 'image'
    model.part_labels.num_parts = 1000
    torch.manual_seed(7)
    seen = {}

    def stop(_images, _parts, lambdas, cut, **_options):
        seen.update(lambdas=lambdas.numpy(), cut=cut.numpy())
        raise StopIteration

    name = 'mmssl.models.algorithms.solider.part_lessons'
    images = 2 * len(batch[0])
    labels = PartMaps(torch.zeros(images, 8, 4), torch.ones(images) > 0)
    with (
        patch.object(model.part_labels, 'forward', lambda maps: labels),
        patch(name, stop),
        pytest.raises(StopIteration),
    ):
        model(batch, None, mode='loss')
    return seen


@pytest.fixture(scope='module')
def found():
    return run_in_pair(_worker)


@pytest.mark.slow
@pytest.mark.parametrize('what', ['lambdas', 'cut'])
def test_two_processes__draw_what_one_draws(found, what):
    # image i of process r is image 2 i + r of one batch, in each of two views
    batch = [torch.cat(both) for both in zip(batch_of(0, 0), batch_of(0, 1))]
    one = draws_of(build('accumulation'), batch)[what].reshape(2, 2, 2)
    for rank in range(2):
        own = found[rank]['draws'][what].reshape(2, 2)
        assert np.array_equal(own, one[:, :, rank])
    assert not np.array_equal(one[:, :, 0], one[:, :, 1])


@pytest.mark.slow
@pytest.mark.parametrize('name', CASES)
def test_two_processes__equal_one(found, name):
    _, accumulate, valid = CASES[name]
    passes = range(STEPS * accumulate)
    pairs = [[batch_of(n, rank) for rank in range(2)] for n in passes]
    batches = [[torch.cat(both) for both in zip(*pair)] for pair in pairs]
    model = build(name)
    start = {key: value.clone() for key, value in model.state_dict().items()}
    if valid == (True, False):
        _only_first_half_is_valid(model)
    else:
        set_valid(model, valid[0])
    # the mean over two processes, one of which has a loss of 0
    weight = 0.5 if valid == (True, False) else 1.0
    losses, state = train(name, model, batches, weight)
    assert bool((losses[:, 1] > 0).all()) == valid[0]
    for rank in range(2):
        theirs, weights = found[rank][name]
        torch.testing.assert_close(
            torch.from_numpy(theirs), losses, rtol=1e-5, atol=1e-6
        )
        for key, value in state.items():
            torch.testing.assert_close(
                torch.from_numpy(weights[key]),
                value,
                rtol=1e-4,
                atol=1e-6,
                msg=key,
            )
    moved = {k for k, v in state.items() if not torch.equal(v, start[k])}
    assert 'head.center' in moved
    assert 'backbone.patch_embed.projection.weight' in moved
    part_head = any(k.startswith('semantic_head.') for k in moved)
    assert part_head == (valid[0] and name != 'published')


def _only_first_half_is_valid(model):
    """Images of the second process lie in the second half of each view."""
    set_valid(model, True)
    labels = model.part_labels.forward

    def first_half(maps):
        found = labels(maps)
        first = torch.tensor([1, 1, 0, 0] * 2).bool()
        kept = found.labels * first[:, None, None]
        return found._replace(labels=kept, valid=found.valid & first)

    model.part_labels.forward = first_half
