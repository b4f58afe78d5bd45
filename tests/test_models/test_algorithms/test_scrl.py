"""SCRL and BYOL: stages, published numbers, steps, and what goes wrong."""

from __future__ import annotations

import copy
import itertools
import json
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
import torchvision
from mmengine.optim import OptimWrapper
from mmengine.registry import DefaultScope
from mmpretrain.structures import DataSample

from mmssl.checkpoints.scrl_official import convert_scrl_checkpoint
from mmssl.engine.speed_options import apply_model_options
from mmssl.registry import MODELS
from mmssl.testing.golden import named_input, named_weight

GOLDEN = Path(__file__).parents[2] / 'data' / 'golden'
BN = dict(type='BN1d')


@pytest.fixture(autouse=True)
def scope():
    DefaultScope.get_instance('scrl', scope_name='mmssl')


def mlp(in_channels, hidden, out_channels, norm_cfg=BN):
    return dict(
        type='NonLinearNeck',
        in_channels=in_channels,
        hid_channels=hidden,
        out_channels=out_channels,
        with_bias=True,
        with_last_bn=False,
        with_avg_pool=False,
        norm_cfg=norm_cfg,
    )


def config(region='RoIRegions', statistics=True, **changes):
    """ResNet-18 of 32 channels, stride 32."""
    norm = dict(type='BN') if statistics else dict(type='GN', num_groups=2)
    mlp_norm = BN if statistics else dict(type='LN')
    cfg = dict(
        type='SCRL',
        backbone=dict(
            type='ResNet',
            depth=18,
            stem_channels=4,
            base_channels=4,
            norm_cfg=norm,
        ),
        neck=mlp(32, 12, 6, mlp_norm),
        head=dict(
            type='PairPredictHead',
            predictor=mlp(6, 12, 6, mlp_norm),
            loss=dict(type='NormalizedL2Loss'),
        ),
        region=dict(type=region),
    )
    return copy.deepcopy({**cfg, **changes})


def build(**changes):
    model = MODELS.build(config(**changes))
    model.init_weights()
    return model


def sample(pairs, hw=(64, 64), label=None):
    """A sample with random boxes; ``pairs``: (view, other view) of each."""
    size = torch.tensor([hw[1], hw[0]] * 2).float()
    corners = torch.rand(len(pairs), 2, 2, 2).sort(2).values
    made = DataSample()
    made.boxes = corners.flatten(2) * size
    made.box_views = torch.tensor(pairs).reshape(-1, 2).long()
    return made if label is None else made.set_gt_label(label)


def batch(num_images=2, sizes=((64, 64), (64, 64)), counts=(3, 2, 0, 1)):
    pairs = list(itertools.combinations(range(len(sizes)), 2))
    inputs = [torch.randn(num_images, 3, *hw) for hw in sizes]
    samples = [
        sample([pairs[i % len(pairs)] for i in range(counts[n])])
        for n in range(num_images)
    ]
    return inputs, samples


def by_hand(model, inputs, samples):
    """The loss in loops over images and pairs, one RoIAlign at a time."""
    whole = type(model.region).__name__ == 'GlobalRegions'
    views = range(len(inputs))
    sides = []  # (image, first (view, box), second)
    for n in range(len(inputs[0])):
        if whole:
            sides += [
                (n, (a, None), (b, None))
                for a, b in itertools.combinations(views, 2)
            ]
        else:
            for box, (a, b) in zip(samples[n].boxes, samples[n].box_views):
                sides.append((n, (int(a), box[0]), (int(b), box[1])))

    def project(net):
        sizes = [x.shape[-2:] for x in inputs]
        maps = {}
        for size in dict.fromkeys(sizes):  # batch statistics of one size
            chosen = [v for v in views if sizes[v] == size]
            out = net.backbone(torch.cat([inputs[v] for v in chosen]))[-1]
            maps.update(zip(chosen, out.split(len(inputs[0]))))
        rows = []
        for side in (1, 2):
            for region in sides:
                view, box = region[side]
                one = maps[view][region[0]][None]
                if box is None:
                    rows.append(one.mean((2, 3)))
                    continue
                roi = torch.cat((torch.zeros(1), box))[None]
                aligned = torchvision.ops.roi_align(one, roi, 1, 1 / 32)
                rows.append(aligned.flatten(1))
        return net.neck((torch.cat(rows),))[0]

    online = model.head.predictor((project(model),))[0]
    with torch.no_grad():
        target = project(model.teacher)
    m = len(sides)
    total = sum(
        (2 - 2 * F.cosine_similarity(online[i], target[m + i], dim=0))
        + (2 - 2 * F.cosine_similarity(online[m + i], target[i], dim=0))
        for i in range(m)
    )
    return total / m


CASES = [
    ('RoIRegions', ((64, 64), (64, 64))),
    ('RoIRegions', ((64, 96), (64, 96), (64, 96))),
    ('RoIRegions', ((64, 64), (96, 96))),
    ('RoIRegions', ((64, 64), (96, 64), (64, 64))),
    ('GlobalRegions', ((64, 64), (64, 64))),
    ('GlobalRegions', ((64, 64), (64, 64), (64, 64))),
    ('GlobalRegions', ((64, 64), (96, 96))),
]


@pytest.mark.parametrize(('region', 'sizes'), CASES)
def test_loss__in_loops_over_pairs(region, sizes):
    model = build(region=region, teacher_init='independent')
    inputs, samples = batch(3, sizes, counts=(3, 0, 2))
    twin = copy.deepcopy(model)
    losses = model.loss(inputs, samples)
    expected = by_hand(twin, inputs, samples)
    torch.testing.assert_close(losses['loss_pair'], expected)
    pairs = len(sizes) * (len(sizes) - 1) / 2
    wanted = pairs if region == 'GlobalRegions' else 5 / 3
    assert float(losses['pairs']) == pytest.approx(wanted)
    losses['loss_pair'].backward()
    expected.backward()
    for (name, one), other in zip(model.named_parameters(), twin.parameters()):
        assert (one.grad is None) == name.startswith('teacher.'), name
        if one.grad is not None:
            torch.testing.assert_close(
                one.grad, other.grad, rtol=2e-4, atol=1e-6, msg=name
            )
    statistics = zip(model.named_buffers(), twin.buffers())
    if region == 'RoIRegions' or len(sizes) == 2:
        for (name, one), other in statistics:
            torch.testing.assert_close(one, other, msg=name)


def test_steps__move_the_student_and_then_the_teacher_by_m():
    model = build()
    wrapper = OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.1))
    names = [n for n, _ in model.teacher.named_parameters()]
    for _ in range(2):
        inputs, samples = batch()
        old = {n: p.clone() for n, p in model.named_parameters()}
        losses = model.loss(inputs, samples)
        wrapper.update_params(losses['loss_pair'])
        model.update_teacher(0.9)
        new = dict(model.named_parameters())
        for name in names:
            mine = f'teacher.{name}'
            torch.testing.assert_close(
                new[mine], 0.9 * old[mine] + 0.1 * new[name], msg=name
            )
        for name in ('backbone.conv1.weight', 'neck.fc1.weight'):
            assert not torch.equal(new[name], old[name]), name


def test_saved_and_loaded__same_loss():
    model = build(teacher_init='independent').eval()
    other = build().eval()
    other.load_state_dict(model.state_dict())
    inputs, samples = batch()
    one, two = (m.loss(inputs, samples)['loss_pair'] for m in (model, other))
    assert torch.equal(one, two)
    roots = {'.'.join(n.split('.')[:2]) for n in model.state_dict()}
    assert 'head.predictor' in roots
    assert 'teacher.backbone' in roots
    assert 'teacher.neck' in roots
    assert {r.split('.')[0] for r in roots} == {
        *('backbone', 'neck', 'head', 'teacher')
    }


@pytest.mark.parametrize('sizes', [((64, 64),) * 2, ((64, 64), (96, 96))])
@pytest.mark.parametrize('statistics', [True, False])
def test_no_boxes__zero_with_gradients_of_zero(statistics, sizes):
    model = build(statistics=statistics)
    mlps = (model.neck, model.head, model.teacher.neck)
    before = [
        b.clone() for m in mlps for b in m.buffers() if b.is_floating_point()
    ]
    inputs, samples = batch(2, sizes, counts=(0, 0))
    losses = model.loss(inputs, samples)
    losses['loss_pair'].backward()
    assert losses['loss_pair'].item() == 0.0
    assert losses['pairs'].item() == 0.0
    for name, parameter in model.named_parameters():
        if not name.startswith('teacher.'):
            assert parameter.grad is not None, name
            assert not parameter.grad.any(), name
    after = [b for m in mlps for b in m.buffers() if b.is_floating_point()]
    assert all(torch.equal(a, b) for a, b in zip(after, before))


@pytest.mark.parametrize(
    'speed',
    [
        dict(channels_last=True),
        dict(grad_checkpoint=True),
        pytest.param(
            dict(compile=dict(backend='eager')), marks=pytest.mark.slow
        ),
    ],
    ids=lambda speed: next(iter(speed)),
)
def test_speed_options__change_nothing(speed):
    model = build(teacher_init='independent')
    twin = apply_model_options(copy.deepcopy(model), speed)
    inputs, samples = batch()
    for net in (model, twin):
        wrapper = OptimWrapper(torch.optim.SGD(net.parameters(), lr=0.1))
        wrapper.update_params(net.loss(inputs, samples)['loss_pair'])
        net.update_teacher(0.9)
    state = twin.state_dict()
    assert list(state) == list(model.state_dict())
    for name, value in model.state_dict().items():
        torch.testing.assert_close(
            state[name], value, rtol=1e-4, atol=1e-5, msg=name
        )


@pytest.mark.parametrize('where', ['cpu', 'meta'])
@pytest.mark.parametrize('region', ['RoIRegions', 'GlobalRegions'])
def test_device__no_value_is_fetched_in_a_step(region, where, monkeypatch):
    """The meta device has no values: whoever asks for one fails.

    So does whoever makes the host wait for a GPU.
    """
    # there is no autocast for it
    monkeypatch.setattr(torch, 'autocast', lambda *_, **__: nullcontext())
    model = build(region=region).to('meta')
    inputs, samples = batch()
    for each in samples:
        each.boxes = each.boxes.to(where)
        each.box_views = each.box_views.to(where)
    losses = model.loss([view.to('meta') for view in inputs], samples)
    losses['loss_pair'].backward()
    model.update_teacher(0.9)
    assert losses['loss_pair'].device.type == 'meta'
    assert model.backbone.conv1.weight.grad.device.type == 'meta'


def test_autocast__loss_in_float32_near_the_exact_one():
    model = build().eval()
    inputs, samples = batch()
    exact = model.loss(inputs, samples)['loss_pair']
    with torch.autocast('cpu', torch.bfloat16):
        loss = model.loss(inputs, samples)['loss_pair']
    assert loss.dtype == torch.float32
    assert float(loss.detach()) == pytest.approx(exact.item(), rel=0.05)


def test_one_pair__trains_with_batch_statistics_of_two_rows():
    model = build()
    inputs, samples = batch(1, counts=(1,))
    loss = model.loss(inputs, samples)['loss_pair']
    loss.backward()
    assert 0 < float(loss.detach()) <= 8
    assert torch.isfinite(model.backbone.conv1.weight.grad).all()


def test_swapping_views__changes_nothing():
    model = build(statistics=False)
    inputs, samples = batch()
    one = model.loss(inputs, samples)['loss_pair']
    for each in samples:
        each.box_views = 1 - each.box_views
    two = model.loss(inputs[::-1], samples)['loss_pair']
    torch.testing.assert_close(one, two)


def test_online_probe__sees_the_students_pass_of_every_view():
    probe = dict(type='LinearProbe', num_classes=5, in_channels=32)
    model = build(online_probe=probe)
    plain = build()
    plain.load_state_dict(model.state_dict(), strict=False)
    inputs, samples = batch(3, counts=(2, 1, 1))
    for label, each in enumerate(samples):
        each.set_gt_label(label)
    losses = model(inputs, samples, mode='loss')
    expected = plain(inputs, samples, mode='loss')
    assert torch.equal(losses['loss_pair'], expected['loss_pair'])
    with torch.no_grad():
        maps = copy.deepcopy(plain).backbone(torch.cat(inputs))[-1]
        logits = model.online_probe.linear(maps.mean((2, 3)))
        wanted = F.cross_entropy(logits, torch.arange(3).repeat(2))
    torch.testing.assert_close(losses['probe_loss'].detach(), wanted)
    sum(v for k, v in losses.items() if 'loss' in k).backward()
    assert model.online_probe.linear.weight.grad.any()


def test_region_with_weights__has_a_teacher_of_its_own():
    region = dict(
        type='FPNRegions', in_channels=(4, 8, 16, 32), out_channels=32
    )
    cfg = config()
    cfg['backbone']['out_indices'] = (0, 1, 2, 3)
    model = MODELS.build(dict(cfg, region=region)).eval()
    names = [n for n in model.state_dict() if n.startswith('region.fpn.')]
    assert names
    inputs, samples = batch()
    before = model.loss(inputs, samples)['loss_pair']
    with torch.no_grad():
        for name in names:
            weight = model.teacher.get_parameter(name)
            weight.mul_(torch.rand_like(weight))
    after = model.loss(inputs, samples)['loss_pair']
    assert not torch.isclose(before, after)
    after.backward()
    for name in names:
        grad = model.get_parameter(name).grad
        assert grad is not None, name
        old = model.teacher.get_parameter(name).detach().clone()
        model.update_teacher(0.5)
        new = model.teacher.get_parameter(name)
        mean = (old + model.get_parameter(name)) / 2
        torch.testing.assert_close(new, mean, msg=name)


def test_head_without_use_for_the_teacher__does_not_run_it():
    class Apart(torch.nn.Module):
        uses_teacher = False

        def loss(self, online, target, images):
            assert target is None
            assert images.tolist() == [0, 0, 0, 1, 1] * 2
            return dict(loss_apart=online.square().mean())

    model = build(head=Apart())
    model.loss(*batch())['loss_apart'].backward()
    assert model.backbone.bn1.num_batches_tracked == 1
    assert model.teacher.backbone.bn1.num_batches_tracked == 0


def test_tensor__the_maps_of_all_views():
    model = build().eval()
    inputs, _ = batch()
    maps = model(inputs, mode='tensor')[-1]
    assert torch.equal(maps, model.backbone(torch.cat(inputs))[-1])
    assert torch.equal(model(inputs[0])[-1], model.backbone(inputs[0])[-1])
    with pytest.raises(ValueError, match=r'\(64, 64\), \(96, 96\)'):
        model([inputs[0], torch.zeros(2, 3, 96, 96)])


def test_batches_of_a_loader__through_the_preprocessor():
    model = build()
    inputs, samples = batch()
    raw = [(64 * x).clamp(0, 255).to(torch.uint8) for x in inputs]
    data = model.data_preprocessor(dict(inputs=raw, data_samples=samples))
    losses = copy.deepcopy(model)(**data, mode='loss')
    mean = torch.tensor([123.675, 116.28, 103.53]).view(3, 1, 1)
    std = torch.tensor([58.395, 57.12, 57.375]).view(3, 1, 1)
    views = [(x - mean) / std for x in raw]
    expected = by_hand(model, views, samples)
    torch.testing.assert_close(losses['loss_pair'], expected)


# ---- mistakes --------------------------------------------------------------


def test_views__fewer_than_two():
    model = build()
    inputs, samples = batch()
    for views, number in ((inputs[:1], 1), (inputs[0], 1), ([], 0)):
        with pytest.raises(ValueError, match=f'got {number}: put MultiViewG'):
            model.loss(views, samples)


def test_boxes__missing():
    model = build()
    inputs, samples = batch()
    with pytest.raises(ValueError, match=r'\[1\] have no boxes: put SampleBo'):
        model.loss(inputs, [samples[0], DataSample()])
    with pytest.raises(ValueError, match='GlobalRegions'):
        model.loss(inputs, None)
    assert (
        float(build(region='GlobalRegions').loss(inputs, None)['pairs']) == 1
    )


# ---- the published networks ------------------------------------------------


@pytest.fixture(scope='module')
def published():
    """The published model by the converter, its inputs and outputs."""
    keys = json.loads((GOLDEN / 'scrl_resnet50_keys.json').read_text())
    file = {}
    for name, (shape, dtype) in keys.items():
        network, key = name.split('/')
        file.setdefault(network, {})[key] = named_weight(name, shape, dtype)
    DefaultScope.get_instance('golden', scope_name='mmssl')
    model = MODELS.build(
        config(
            backbone=dict(type='ResNet', depth=50),
            neck=mlp(2048, 4096, 256),
            head=dict(
                type='PairPredictHead',
                predictor=mlp(256, 4096, 256),
                loss=dict(type='NormalizedL2Loss'),
            ),
        )
    )
    model.load_state_dict(convert_scrl_checkpoint(file).state_dict)
    wanted = np.load(GOLDEN / 'scrl_networks.npz')
    shape = (int(wanted['batch']), 3, *2 * [int(wanted['size'])])
    inputs = [named_input(f'visible/scrl/v{i}', shape) for i in (1, 2)]
    rows = torch.from_numpy(wanted['boxes'])
    samples = []
    for n in range(shape[0]):
        made = DataSample()
        pair = [rows[rows[:, 0] == n + v * shape[0], 1:] for v in (0, 1)]
        made.boxes = torch.stack(pair, dim=1)
        made.box_views = torch.tensor([[0, 1]]).repeat(len(pair[0]), 1)
        samples.append(made)
    return model, inputs, samples, wanted


@pytest.mark.slow
def test_published__networks_and_losses(published):
    model, inputs, samples, wanted = published
    seen = {}

    def note(name):
        return lambda _module, _inputs, output: seen.update({name: output[0]})

    hooks = [
        model.neck.register_forward_hook(note('proj_online')),
        model.head.predictor.register_forward_hook(note('pred_online')),
        model.teacher.neck.register_forward_hook(note('proj_target')),
    ]
    with torch.no_grad():
        model.eval()
        losses = [model.loss(inputs, samples)['loss_pair']]
        seen['gap'] = model(inputs, mode='tensor')[-1].mean((2, 3))
        for hook in hooks:
            hook.remove()
        model.train()
        losses.append(model.loss(inputs, samples)['loss_pair'])
    for name, got in seen.items():
        error = np.abs(got.numpy() - wanted[name]).max()
        assert error <= 1e-4 * np.abs(wanted[name]).max(), name
    assert len(seen) == 4
    names = ('loss', 'loss_trainmode_bn')
    assert [float(loss) for loss in losses] == pytest.approx(
        [float(wanted[name]) for name in names], rel=1e-5
    )
