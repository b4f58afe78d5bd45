"""DINO: steps by hand, views of any sizes, any backbone, mistakes."""

from __future__ import annotations

import copy
from contextlib import nullcontext

import pytest
import torch
from mmengine.optim import OptimWrapper
from mmengine.registry import DefaultScope
from mmpretrain.structures import DataSample
from torch.nn import functional as F

from mmssl.engine.speed_options import apply_model_options
from mmssl.registry import MODELS

SWIN = dict(
    type='SwinTransformer',
    arch=dict(embed_dims=8, depths=[1, 1, 2, 1], num_heads=[1, 1, 2, 2]),
    pad_small_map=True,
    drop_path_rate=0.0,
)
VIT = dict(
    type='VisionTransformer',
    arch=dict(
        embed_dims=16, num_layers=2, num_heads=2, feedforward_channels=32
    ),
    img_size=(64, 32),
    patch_size=8,
)
RESNET = dict(
    type='ResNet',
    depth=18,
    stem_channels=4,
    base_channels=4,
    norm_cfg=dict(type='GN', num_groups=2),
    zero_init_residual=False,
)
CHANNELS = {'SwinTransformer': 64, 'VisionTransformer': 16, 'ResNet': 32}
PEOPLE = ((64, 32), (64, 32), (32, 16), (32, 16), (32, 16))


@pytest.fixture(autouse=True)
def scope():
    DefaultScope.get_instance('dino', scope_name='mmssl')


def config(backbone=SWIN, neck=None, head=None, **changes):
    cfg = dict(
        type='DINO',
        backbone=backbone,
        neck=dict(
            type='DINONeck',
            in_channels=CHANNELS.get(backbone['type'], 64),
            hid_channels=12,
            bottleneck_channels=8,
            num_prototypes=20,
            **neck or {},
        ),
        head=dict(type='DINOHead', num_prototypes=20, **head or {}),
        **changes,
    )
    return copy.deepcopy(cfg)


def build(**changes):
    torch.manual_seed(0)
    model = MODELS.build(config(**changes))
    # so that the teacher is not the student
    with torch.no_grad():
        for name, weight in model.teacher.named_parameters():
            if not name.endswith('weight_g'):
                weight.add_(0.05 * torch.randn_like(weight))
        # the logits of small weights hardly differ
        for network in (model, model.teacher):
            for layer in network.neck.mlp:
                if isinstance(layer, torch.nn.Linear):
                    layer.weight.mul_(20)
    return model


def views(sizes=PEOPLE, images=3, seed=0):
    rng = torch.Generator().manual_seed(seed)
    return [torch.randn(images, 3, *hw, generator=rng) for hw in sizes]


def by_hand(model, inputs, g=2):
    """The loss, one image and one pair of views at a time."""

    def logits(network, image):
        out = network.backbone(image[None])[-1]
        vector = out.mean((2, 3)) if out.dim() == 4 else out
        return network.neck(vector)[0][0]

    total = []
    for n in range(len(inputs[0])):
        with torch.no_grad():
            taught = [logits(model.teacher, x[n]) for x in inputs[:g]]
        seen = [logits(model, x[n]) for x in inputs]
        for a in range(g):
            target = ((taught[a] - model.head.center[0]) / 0.04).softmax(0)
            for b in range(len(inputs)):
                if a != b:
                    scores = (seen[b] / 0.1).log_softmax(0)
                    total.append(-(target * scores).sum())
    return torch.stack(total).mean()


CASES = [
    (SWIN, PEOPLE, 2),
    (SWIN, ((96, 32), (96, 32), (48, 16)), 2),  # 384 x 128, and its quarter
    (SWIN, ((64, 64), (64, 64)), 2),
    (VIT, PEOPLE, 2),
    (RESNET, PEOPLE, 2),
    (RESNET, ((64, 64), (48, 64), (32, 32), (40, 24), (32, 32)), 2),
    (RESNET, ((64, 64), (32, 32), (32, 32)), 1),
    (RESNET, ((64, 64),) * 3, 3),
]


@pytest.mark.parametrize(
    ('backbone', 'sizes', 'g'), CASES, ids=lambda x: str(x)[-40:]
)
def test_loss__one_image_and_pair_at_a_time(backbone, sizes, g):
    model = build(backbone=backbone, num_global_views=g)
    model.head.center.normal_(std=0.1)
    twin = copy.deepcopy(model)
    inputs = views(sizes)
    losses = model.loss(inputs, None)
    expected = by_hand(twin, inputs, g)
    torch.testing.assert_close(losses['loss_dino'], expected)
    losses['loss_dino'].backward()
    expected.backward()
    for (name, one), other in zip(model.named_parameters(), twin.parameters()):
        frozen = name.startswith('teacher.') or name.endswith('weight_g')
        assert (one.grad is None) == frozen, name
        if one.grad is not None:
            scale = float(other.grad.abs().max())
            torch.testing.assert_close(
                one.grad, other.grad, rtol=1e-3, atol=1e-4 * scale, msg=name
            )
    with torch.no_grad():
        noted = model.teacher_logits(inputs[:g]).sum(0, keepdim=True)
    torch.testing.assert_close(model.head.center_sum, noted)


def test_backbone__one_pass_for_each_size():
    model = build()
    shapes = {'student': [], 'teacher': []}
    for name, net in (('student', model), ('teacher', model.teacher)):
        net.backbone.register_forward_pre_hook(
            lambda _, args, name=name: shapes[name].append(args[0].shape)
        )
    model.loss(views(), None)
    assert shapes['student'] == [(6, 3, 64, 32), (9, 3, 32, 16)]
    assert shapes['teacher'] == [(6, 3, 64, 32)]


def test_steps__student_then_teacher_and_centre():
    model = build(head=dict(center_momentum=0.6))
    wrapper = OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.1))
    names = [n for n, _ in model.teacher.named_parameters()]
    for step in range(2):
        inputs = views(seed=step)
        old = {n: p.clone() for n, p in model.state_dict().items()}
        with torch.no_grad():
            mean = model.teacher_logits(inputs[:2]).mean(0, keepdim=True)
        wrapper.update_params(model.loss(inputs, None)['loss_dino'])
        model.update_teacher(0.9)
        new = model.state_dict()
        for name in names:
            mine = f'teacher.{name}'
            torch.testing.assert_close(
                new[mine], 0.9 * old[mine] + 0.1 * new[name], msg=name
            )
        torch.testing.assert_close(
            new['head.center'], 0.6 * old['head.center'] + 0.4 * mean
        )
        assert not new['head.center_sum'].any()
        for name in ('neck.mlp.0.weight', 'neck.last_layer.weight_v'):
            assert not torch.equal(new[name], old[name]), name
        assert (new['neck.last_layer.weight_g'] == 1).all()
        assert (new['teacher.neck.last_layer.weight_g'] == 1).all()


def train(batches, accumulate, **changes):
    """Train; return the losses and the state at the end."""
    model = build(**changes)
    wrapper = OptimWrapper(
        torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9),
        accumulative_counts=accumulate,
    )
    wrapper.initialize_count_status(model, 0, len(batches))
    losses = []
    for batch in batches:
        loss = model.loss(batch, None)['loss_dino']
        wrapper.update_params(loss)
        losses.append(loss.detach())
        if wrapper.should_update():
            model.update_teacher(0.9)
    return torch.stack(losses), model.state_dict()


@pytest.mark.parametrize('parts', [2, 4])
def test_accumulation__is_one_large_batch(parts):
    whole = [views(images=4, seed=n) for n in range(3)]
    halves = [
        [view[i::1][: 4 // parts] for view in batch]
        for batch in whole
        for i in range(0, 4, 4 // parts)
    ]
    losses, expected = train(whole, 1)
    found, state = train(halves, parts)
    torch.testing.assert_close(
        found.view(3, parts).mean(1), losses, rtol=1e-4, atol=1e-5
    )
    assert expected['head.center'].abs().max() > 1e-3
    for name, value in expected.items():
        torch.testing.assert_close(
            state[name], value, rtol=1e-3, atol=2e-5, msg=name
        )


def test_saved_and_loaded__same_loss_and_roots():
    model, other = build(), build()
    model.loss(views(), None)
    model.update_teacher(0.5)
    other.load_state_dict(model.state_dict())
    losses = [m.loss(views(seed=1), None)['loss_dino'] for m in (model, other)]
    assert torch.equal(*losses)
    roots = {'.'.join(n.split('.')[:2]) for n in model.state_dict()}
    assert {'head.center', 'teacher.backbone', 'teacher.neck'} <= roots
    names = {n for n in model.state_dict() if 'last_layer' in n}
    assert names == {
        f'{root}neck.last_layer.weight_{kind}'
        for root in ('', 'teacher.')
        for kind in 'gv'
    }


@pytest.mark.parametrize('rate', [0.0, 0.05, None])
def test_drop_path__of_the_teacher_alone(rate):
    backbone = dict(SWIN, drop_path_rate=0.2)
    model = build(backbone=backbone, teacher_drop_path=rate)
    wanted = 0.2 if rate is None else rate
    for network, largest in ((model, 0.2), (model.teacher, wanted)):
        rates = [
            m.drop_prob
            for m in network.backbone.modules()
            if type(m).__name__ == 'DropPath'
        ]
        assert max(rates) == pytest.approx(largest)
    if rate == 0.0:
        with torch.no_grad():
            one, two = (model.teacher_logits(views()[:2]) for _ in range(2))
            assert torch.equal(one, two)


@pytest.mark.parametrize(
    ('speed', 'backbone'),
    [
        (dict(channels_last=True), RESNET),
        (dict(grad_checkpoint=True), RESNET),
        (dict(grad_checkpoint=True), SWIN),
        pytest.param(
            dict(compile=dict(backend='eager')), VIT, marks=pytest.mark.slow
        ),
    ],
    ids=lambda x: x.get('type', next(iter(x))),
)
def test_speed_options__change_nothing(speed, backbone):
    model = build(backbone=backbone, teacher_init='independent')
    twin = apply_model_options(copy.deepcopy(model), speed)
    for net in (model, twin):
        wrapper = OptimWrapper(torch.optim.SGD(net.parameters(), lr=0.1))
        for step in range(2):
            inputs = views(seed=step)
            wrapper.update_params(net.loss(inputs, None)['loss_dino'])
            net.update_teacher(0.9)
    state = twin.state_dict()
    assert list(state) == list(model.state_dict())
    for name, value in model.state_dict().items():
        torch.testing.assert_close(
            state[name], value, rtol=1e-3, atol=1e-5, msg=name
        )


@pytest.mark.parametrize('backbone', [VIT, RESNET], ids=['vit', 'resnet'])
def test_device__no_value_is_fetched_in_a_step(backbone, monkeypatch):
    """The meta device has no values: whoever asks for one fails.

    So does whoever makes the host wait for a GPU.
    """
    # there is no autocast for it
    monkeypatch.setattr(torch, 'autocast', lambda *_, **__: nullcontext())
    model = build(backbone=backbone).to('meta')
    losses = model.loss([view.to('meta') for view in views()], None)
    losses['loss_dino'].backward()
    model.update_teacher(0.9)
    assert losses['loss_dino'].device.type == 'meta'
    assert model.neck.mlp[0].weight.grad.device.type == 'meta'


@pytest.mark.parametrize(
    ('dtype', 'backbone'),
    [(torch.bfloat16, SWIN), (torch.bfloat16, VIT), (torch.float16, RESNET)],
)
def test_autocast__loss_in_float32_near_the_exact_one(dtype, backbone):
    model = build(backbone=backbone)
    exact = model.loss(views(), None)['loss_dino']
    with torch.autocast('cpu', dtype):
        loss = model.loss(views(), None)['loss_dino']
    assert loss.dtype == torch.float32
    assert model.head.center_sum.dtype == torch.float32
    loss.backward()
    assert float(loss.detach()) == pytest.approx(
        float(exact.detach()), rel=0.1
    )
    grads = [p.grad for p in model.parameters() if p.grad is not None]
    assert all(torch.isfinite(grad).all() for grad in grads)


def test_online_probe__sees_every_view():
    probe = dict(type='LinearProbe', num_classes=3, in_channels=64)
    model = build(online_probe=probe)
    plain = build()
    samples = [DataSample().set_gt_label(n) for n in range(3)]
    losses = model(views(), samples, mode='loss')
    expected = plain(views(), samples, mode='loss')
    assert torch.equal(losses['loss_dino'], expected['loss_dino'])
    with torch.no_grad():
        pooled = plain.student_features(views()).pooled
        logits = model.online_probe.linear(pooled)
        wanted = F.cross_entropy(logits, torch.arange(3).repeat(5))
    torch.testing.assert_close(losses['probe_loss'].detach(), wanted)


def test_semantic_weight__reaches_backbones_that_take_it():
    backbone = dict(SWIN, type='SemanticSwinTransformer')
    model = build(backbone=backbone)
    inputs = views()
    weight = torch.tensor([0.0, 1.0, 0.5])
    found = model.student_features(inputs, weight).pooled
    for v, view in enumerate(inputs):
        for n in range(3):
            out = model.backbone(
                view[n : n + 1], semantic_weight=weight[n : n + 1]
            )
            torch.testing.assert_close(
                found[3 * v + n], out[-1].mean((0, 2, 3))
            )
    default = model.student_features(inputs).pooled
    zeros = model.student_features(inputs, torch.zeros(3)).pooled
    torch.testing.assert_close(default, zeros)
    assert not torch.allclose(default, found)


def test_tensor__maps_of_the_global_views():
    model = build().eval()
    inputs = views()
    maps = model(inputs, mode='tensor')[-1]
    assert torch.equal(maps, model.backbone(torch.cat(inputs[:2]))[-1])
    assert torch.equal(model(inputs[3])[-1], model.backbone(inputs[3])[-1])
    with pytest.raises(ValueError, match=r'\(48, 64\), \(64, 64\)'):
        model(views(((64, 64), (48, 64))))


def test_batches_of_a_loader__through_the_preprocessor():
    model = build()
    raw = [(64 * x + 100).clamp(0, 255).to(torch.uint8) for x in views()]
    data = model.data_preprocessor(dict(inputs=raw))
    losses = copy.deepcopy(model)(**data, mode='loss')
    mean = torch.tensor([123.675, 116.28, 103.53]).view(3, 1, 1)
    std = torch.tensor([58.395, 57.12, 57.375]).view(3, 1, 1)
    expected = model.loss([(x - mean) / std for x in raw], None)
    torch.testing.assert_close(losses['loss_dino'], expected['loss_dino'])


# ---- mistakes --------------------------------------------------------------


def test_views__missing_or_in_another_order():
    model = build()
    for inputs in (views()[:1], views()[0], []):
        with pytest.raises(ValueError, match='put MultiViewGeometry'):
            model.loss(inputs, None)
    with pytest.raises(ValueError, match='put the global views first'):
        model.loss(views()[::-1], None)
    with pytest.raises(ValueError, match=r'\[3, 3, 2\] images'):
        model.loss([*views()[:2], views(images=2)[0]], None)


def test_batch_of_1__with_batch_norms_in_the_neck():
    model = build(neck=dict(use_bn=True))
    with pytest.raises(ValueError, match=r'batch of 1 .* neck.use_bn=False'):
        model.loss(views(images=1), None)
    model.loss(views(images=2), None)['loss_dino'].backward()
    model.eval()
    assert torch.isfinite(model.loss(views(images=1), None)['loss_dino'])
    assert torch.isfinite(build().loss(views(images=1), None)['loss_dino'])


def test_parts__that_do_not_fit():
    cfg = config()
    cfg['head']['num_prototypes'] = 21
    with pytest.raises(ValueError, match=r'neck\S* is 20, head\S* 21: set th'):
        MODELS.build(cfg)
    cfg = config()
    cfg['neck']['num_prototypes'] = 0
    with pytest.raises(ValueError, match='num_prototypes must be >= 1, got 0'):
        MODELS.build(cfg)
    with pytest.raises(ValueError, match='num_global_views must be >= 1, got'):
        build(num_global_views=0)
    with pytest.raises(ValueError, match='no stochastic depth'):
        build(backbone=RESNET, teacher_drop_path=0.1)
    model = build()
    del model.teacher.neck.last_layer.weight_g
    with pytest.raises(
        ValueError, match=r'teacher and student differ .*weight_g'
    ):
        model.update_teacher(0.9)
    wide = build()
    wide.neck.in_channels = 5
    with pytest.raises(ValueError, match=r'64 channels, .* in_channels=64'):
        wide.loss(views(), None)
