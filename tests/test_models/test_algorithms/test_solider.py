"""SOLIDER: a whole step in loops, every switch, and what goes wrong."""

from __future__ import annotations

import copy
import json
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmengine.optim import OptimWrapper
from mmengine.registry import DefaultScope
from mmpretrain.structures import DataSample

from mmssl.clustering import upper_of_two_means
from mmssl.engine.speed_options import apply_model_options
from mmssl.models.utils.teacher_pass import has_batch_norm
from mmssl.models.utils.token_maps import tokens_of
from mmssl.registry import MODELS
from mmssl.testing.golden import named_weight
from mmssl.utils.random_state import random_state, set_random_state

GOLDEN = Path(__file__).parents[2] / 'data' / 'golden'
SWIN = dict(
    type='SemanticSwinTransformer',
    arch=dict(embed_dims=8, depths=[1] * 4, num_heads=[1, 1, 2, 2]),
    strides=(4, 2, 2, 1),
    drop_path_rate=0.0,
)
VIT = dict(
    type='SemanticVisionTransformer',
    arch=dict(
        embed_dims=64, num_layers=4, num_heads=2, feedforward_channels=64
    ),
    img_size=(128, 64),
    out_type='featmap',
)
RESNET = dict(
    type='SemanticResNet', depth=18, stem_channels=8, base_channels=8
)
PAPER = dict(type='SemanticHead', in_channels=64, num_classes=4, num_blocks=2)
CODE = dict(
    type='DINONeck',
    in_channels=64,
    hid_channels=32,
    bottleneck_channels=16,
    num_prototypes=4,
)
PUBLISHED = dict(
    semantic_head=CODE,
    train_semantic_head=False,
    mask_part='batch',
    alpha=None,
)
SIZES = ((128, 64), (128, 64), (64, 32))


@pytest.fixture(autouse=True)
def scope():
    DefaultScope.get_instance('solider', scope_name='mmssl')


def config(**changes):
    cfg = dict(
        type='SOLIDER',
        backbone=SWIN,
        neck=dict(CODE, num_prototypes=24),
        head=dict(type='DINOHead', num_prototypes=24),
        semantic_head=PAPER,
        part_labels=dict(type='PartLabels', min_foreground=0.0),
    )
    return copy.deepcopy({**cfg, **changes})


def build(**changes):
    """A student, and a teacher that differs from it, centre included."""
    model = MODELS.build(config(**changes))
    with torch.no_grad():
        # Large weights, so that features follow images, and lambda matters.
        for name, parameter in model.backbone.named_parameters():
            fan_in = parameter[0].numel() if parameter.dim() > 1 else 4
            parameter.normal_(0, 1.5 * fan_in**-0.5)
            parameter += name.endswith('weight') and parameter.dim() == 1
        model.teacher.copy_student()
        for parameter in model.teacher.parameters():
            parameter += 0.05 * torch.randn_like(parameter)
        model.head.center.normal_(0, 0.1)
    return model.train()


def views(num_images=3, sizes=SIZES):
    """Blocks of colour, so that tokens of an image differ."""
    coarse = torch.randn(len(sizes), num_images, 3, 8, 4)
    return [
        F.interpolate(each, size) + 0.3 * torch.randn(num_images, 3, *size)
        for each, size in zip(coarse, sizes)
    ]


# ---- the oracle ------------------------------------------------------------


def raw_map(backbone, image, weight):
    """The last map of one image before its norm, by undoing nothing."""
    kept = []
    norm = backbone.ln1 if hasattr(backbone, 'ln1') else backbone.norm3
    handle = norm.register_forward_hook(lambda _m, i, _o: kept.append(i[0]))
    like = backbone(image, semantic_weight=weight)[-1]
    handle.remove()
    h, w = like.shape[-2:]
    cells = kept[0][0, -h * w :].reshape(h, w, -1)
    return cells.permute(2, 0, 1)[None]


def drawn_weights(model, count):
    how = model.semantic_weight_distribution
    if how == 'binary':
        return torch.randint(0, 2, (count,)).float().tolist()
    if how == 'uniform':
        return torch.rand(count).tolist()
    return [how] * count


def dino_by_hand(model, targets, inputs, weights):
    """targets[g][n] (Q,); every pair of views, every image, one by one."""
    total, count = 0, 0
    for n, weight in enumerate(weights):
        seen = [
            model.neck(
                model.backbone(view[n : n + 1], semantic_weight=weight)[
                    -1
                ].mean((2, 3))
            )[0][0]
            for view in inputs
        ]
        for g, wanted in enumerate(targets):
            soft = ((wanted[n] - model.head.center[0]) / 0.04).softmax(0)
            for v, logits in enumerate(seen):
                if v != g:
                    total = (
                        total - (soft * (logits / 0.1).log_softmax(0)).sum()
                    )
                    count += 1
    return total / count


def taught_by_hand(model, globals_, weights):
    """Labels of the global views, and targets[g][n]."""
    teacher, maps, targets = model.teacher, [], []
    for view in globals_:
        for image in view.split(1):
            if model.tokens == 'raw':
                maps.append(raw_map(teacher.backbone, image, 1.0))
            else:
                maps.append(teacher.backbone(image, semantic_weight=1.0)[-1])
        seen = [
            teacher.backbone(image, semantic_weight=weight)[-1]
            for image, weight in zip(view.split(1), weights)
        ]
        targets.append(teacher.neck(torch.cat(seen).mean((2, 3)))[0])
    return model.part_labels(torch.cat(maps)), targets


def without(image, labels, part):
    """One image (1, 3, H, W) without one part."""
    keep = (labels != part).float()
    cell = torch.ones(128 // len(keep), 64 // keep.shape[1])
    return image * torch.kron(keep, cell)


def by_hand(model, inputs):
    """One step as published, one image at a time; returns both terms."""
    count, images = len(inputs[0]), torch.cat(inputs[:2]).split(1)
    weights = drawn_weights(model, count)
    with torch.no_grad():
        (labels, valid), targets = taught_by_hand(model, inputs[:2], weights)
    taught = [r for r in range(2 * count) if valid[r]]
    lessons = [(r, images[r]) for r in taught]
    if model.mask_part is not None:
        own = 1 if model.mask_part == 'batch' else 2 * count
        parts = model.part_labels.num_parts
        cut = torch.randint(1, parts + 1, (own,)).expand(2 * count)
        cut_out = [(r, without(images[r], labels[r], cut[r])) for r in taught]
        lessons = cut_out + lessons
    tokens, wanted, factors = [], [], []
    for r, image in lessons:
        weight = weights[r % count]
        seen = model.backbone(image, semantic_weight=weight)[-1][0]
        for row in range(seen.shape[1]):
            for column in range(seen.shape[2]):
                tokens.append(seen[:, row, column])
                wanted.append(labels[r, row, column])
                factors.append(weight)
    logits = model.semantic_head(torch.stack(tokens))[0]
    each = -logits.log_softmax(1)[range(len(wanted)), torch.stack(wanted)]
    factors = torch.tensor(factors)
    total = len(each) if model.semantic_mean == 'all' else factors.sum()
    dino = dino_by_hand(model, targets, inputs, weights)
    return dino, (each * factors).sum() / total, valid


def set_threshold(model, inputs):
    """Have one image or two without a foreground that is large enough."""
    maps, _ = model.semantic_maps(inputs[:2])
    upper = upper_of_two_means(tokens_of(maps).norm(dim=-1))
    shares = sorted(upper.float().mean(1).tolist())
    model.part_labels.options['min_foreground'] = shares[0]


CASES = {
    'paper': dict(),
    'published': dict(PUBLISHED),
    'published, idle parts run': dict(PUBLISHED, skip_idle=False),
    'published, trained head': dict(PUBLISHED, train_semantic_head=True),
    'raw': dict(tokens='raw'),
    'uniform': dict(PUBLISHED, semantic_weight_distribution='uniform'),
    'number': dict(semantic_weight_distribution=0.25, alpha=0.8),
    'weighted mean': dict(semantic_mean='weighted', semantic_loss_weight=2.0),
    'no masking': dict(mask_part=None),
    'no foreground': dict(
        part_labels=dict(type='PartLabels', foreground=False, num_parts=3)
    ),
    'static shapes': dict(PUBLISHED, static_shapes=True, mask_part='image'),
    'ViT': dict(backbone=VIT, tokens='raw'),
}


QUICK = ('paper', 'published')


@pytest.mark.parametrize(
    'name',
    [
        pytest.param(n, marks=() if n in QUICK else pytest.mark.slow)
        for n in CASES
    ],
)
def test_step__one_image_at_a_time(name):
    model = build(**CASES[name]).double()
    inputs = views(4, SIZES[:2] if name == 'ViT' else SIZES)
    inputs = [view.double() for view in inputs]
    set_threshold(model, inputs)
    twin = copy.deepcopy(model)
    start = random_state()
    losses = model.loss(inputs, None)
    set_random_state(start)
    dino, semantic, valid = by_hand(twin, inputs)
    share = valid.float().mean()
    assert share >= 0.5, 'the case is to have images that teach'
    assert (share < 1) == (name != 'no foreground')
    assert losses['foreground_images'] == share
    semantic = semantic * model.semantic_loss_weight
    if model.alpha is not None:
        dino, semantic = model.alpha * dino, (1 - model.alpha) * semantic
    torch.testing.assert_close(losses['loss_dino'], dino)
    torch.testing.assert_close(losses['loss_semantic'], semantic)
    assert float(semantic.detach()) > 0
    (losses['loss_dino'] + losses['loss_semantic']).backward()
    (dino + semantic).backward()
    for (name, one), other in zip(model.named_parameters(), twin.parameters()):
        if other.grad is None:
            assert one.grad is None, name
            continue
        torch.testing.assert_close(
            one.grad, other.grad, rtol=1e-5, atol=1e-8, msg=name
        )


def test_gradients__only_where_intended():
    dead = {
        *('backbone.semantic_embed_w.3.weight',),
        *('backbone.semantic_embed_w.3.bias',),
        *('backbone.semantic_embed_b.3.weight',),
        *('backbone.semantic_embed_b.3.bias',),
        'neck.last_layer.weight_g',
    }
    for trained in (True, False):
        model = build(train_semantic_head=trained)
        losses = model.loss(views(), None)
        (losses['loss_dino'] + losses['loss_semantic']).backward()
        head = {n for n, p in model.semantic_head.named_parameters()}
        without = {n for n, p in model.named_parameters() if p.grad is None}
        without = {n for n in without if not n.startswith('teacher.')}
        frozen = set() if trained else {f'semantic_head.{n}' for n in head}
        assert without == dead | frozen
        grads = [p.grad for p in model.teacher.parameters()]
        assert grads == [None] * len(grads)
        for key, value in losses.items():
            assert value.requires_grad == ('loss' in key), key


def test_semantic_term__reaches_the_student_through_a_frozen_head():
    model = build(**PUBLISHED, semantic_weight_distribution=1.0)
    losses = model.loss(views(), None)
    losses['loss_semantic'].backward()
    assert model.backbone.patch_embed.projection.weight.grad.any()
    assert model.neck.mlp[0].weight.grad is None


def test_steps__move_student_teacher_centre_and_head():
    model = build(semantic_weight_distribution=0.5)
    wrapper = OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.1))
    for _ in range(2):
        old = {n: t.clone() for n, t in model.state_dict().items()}
        losses = model.loss(views(), None)
        wrapper.update_params(losses['loss_dino'] + losses['loss_semantic'])
        model.update_teacher(0.9)
        new = model.state_dict()
        for name, _ in model.teacher.named_parameters():
            mine = f'teacher.{name}'
            torch.testing.assert_close(
                new[mine], 0.9 * old[mine] + 0.1 * new[name], msg=name
            )
        for name in ('semantic_head.fc.weight', 'head.center'):
            assert not torch.equal(new[name], old[name]), name


def test_lambda_one__the_teachers_first_pass_is_used_again():
    """Calls and rows of the teacher, with lambdas 1 0 1 0, then all 1."""
    counts = []

    def count(_module, inputs, _output):
        counts.append(len(inputs[0]))

    for lean in (True, False):
        model = build(**PUBLISHED, skip_idle=lean)
        model.teacher.backbone.register_forward_hook(count)
        model.teach(views(4)[:2], torch.tensor([1.0, 0, 1, 0]))
        model.teach(views(4)[:2], torch.ones(4))
        model.teach(views(4)[:2], torch.zeros(4))
    assert counts == [8, 4, 8, 8, 8] + [8] * 6


def test_batch_statistics__nothing_is_left_out():
    """Every pass counts in batch norms of teacher, student and head."""
    small = dict(CODE, in_channels=64)
    model = build(backbone=RESNET, neck=dict(small, num_prototypes=24))
    assert has_batch_norm(model.teacher.backbone)
    seen = []
    model.backbone.register_forward_hook(lambda m, i, o: seen.append(i[0]))
    losses = model.loss(views(4, ((128, 64),) * 2), None)
    assert model.teacher.backbone.bn1.num_batches_tracked == 2
    assert model.backbone.bn1.num_batches_tracked == 1
    valid = float(losses['foreground_images']) * 8
    assert valid > 0
    assert len(seen[0]) == 8 + round(valid)


@pytest.mark.parametrize('mask_part', ['batch', None])
@pytest.mark.parametrize('static', [False, True])
@pytest.mark.parametrize('head', ['paper', 'code'])
def test_no_valid_image__zero_with_gradients_of_zero(head, static, mask_part):
    model = build(
        part_labels=dict(type='PartLabels', min_foreground=0.999),
        semantic_head=PAPER if head == 'paper' else CODE,
        static_shapes=static,
        mask_part=mask_part,
    )
    inputs = views()
    losses = model.loss(inputs, None)
    assert losses['loss_semantic'].item() == 0.0
    assert losses['foreground_images'].item() == 0.0
    assert losses['masked_share'].item() == 0.0
    losses['loss_semantic'].backward()
    for name, parameter in model.semantic_head.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None, name
            assert not parameter.grad.any(), name
    assert not model.backbone.norm3.weight.grad.any()
    assert torch.isfinite(losses['loss_dino'])


def test_lambda_zero__teaches_nothing_of_parts():
    model = build(semantic_weight_distribution=0.0, semantic_mean='weighted')
    losses = model.loss(views(), None)
    losses['loss_semantic'].backward()
    assert losses['loss_semantic'].item() == 0.0
    assert losses['foreground_images'] > 0
    assert not model.semantic_head.fc.weight.grad.any()


def test_plain_backbone__one_pass_of_the_teacher():
    model = build(
        backbone=dict(SWIN, semantic_weight=-1),
        semantic_weight_distribution='uniform',
    )
    seen = []
    model.teacher.backbone.register_forward_hook(
        lambda m, i, o: seen.append(len(i[0]))
    )
    losses = model.loss(views(), None)
    assert seen == [6]
    assert losses['loss_semantic'] > 0


def test_masked_share__is_of_the_cells_of_valid_images():
    model = build(mask_part='batch')
    seen = []
    model.backbone.register_forward_hook(lambda m, i, o: seen.append(i[0]))
    losses = model.loss(views(), None)
    copies = seen[0][:-6]
    share = (copies == 0).all(1).float().mean()
    torch.testing.assert_close(losses['masked_share'], share)


def test_saved_and_loaded__the_same_step():
    model, other = build(), build()
    other.load_state_dict(model.state_dict())
    roots = {name.split('.')[0] for name in model.state_dict()}
    assert roots == {'backbone', 'neck', 'head', 'teacher', 'semantic_head'}
    inputs, start, found = views(), random_state(), []
    for net in (model, other):
        set_random_state(start)
        losses = net.loss(inputs, None)
        found.append({k: v.detach() for k, v in losses.items()})
    assert found[0].keys() == found[1].keys()
    for key in found[0]:
        assert torch.equal(found[0][key], found[1][key]), key


def test_weights_of_dino__start_student_and_teacher():
    """DINO -> SOLIDER: all but the part head is in the file."""
    cfg = config()
    own = ('semantic_head', 'part_labels')
    plain = {k: v for k, v in cfg.items() if k not in own}
    dino = MODELS.build(dict(plain, type='DINO'))
    model = MODELS.build(cfg)
    found = model.load_state_dict(dino.state_dict(), strict=False)
    assert not found.unexpected_keys
    assert all(k.startswith('semantic_head.') for k in found.missing_keys)


def test_online_probe__sees_views_without_the_copies():
    probe = dict(type='LinearProbe', num_classes=5, in_channels=64)
    model = build(online_probe=probe, semantic_weight_distribution=1.0)
    samples = [DataSample().set_gt_label(n) for n in range(3)]
    inputs = views()
    losses = model(inputs, samples, mode='loss')
    assert losses['foreground_images'] > 0
    with torch.no_grad():
        rows = [
            model.backbone(view, semantic_weight=1.0)[-1].mean((2, 3))
            for view in inputs
        ]
        logits = model.online_probe.linear(torch.cat(rows))
    wanted = F.cross_entropy(logits, torch.arange(3).repeat(3))
    torch.testing.assert_close(losses['probe_loss'].detach(), wanted)


@pytest.mark.parametrize('static', [True, False])
def test_device__the_host_waits_once_or_never(static, monkeypatch):
    """The meta device has no values: whoever asks for one fails.

    Which images are valid is answered here, as nothing else is.
    """
    # there is no autocast for it
    monkeypatch.setattr(torch, 'autocast', lambda *_, **__: nullcontext())
    asked, nonzero = [], torch.Tensor.nonzero

    def answer(self):
        if self.device.type != 'meta':
            return nonzero(self)
        asked.append(self.shape)
        return torch.empty(5, 1, dtype=torch.int64, device='meta')

    monkeypatch.setattr(torch.Tensor, 'nonzero', answer)
    model = build(**PUBLISHED, static_shapes=static).to('meta')
    losses = model.loss([view.to('meta') for view in views()], None)
    (losses['loss_dino'] + losses['loss_semantic']).backward()
    model.update_teacher(0.9)
    assert asked == ([] if static else [(6,)])
    assert losses['loss_semantic'].device.type == 'meta'


def test_autocast__losses_in_float32_near_the_exact_ones():
    model = build(semantic_weight_distribution=1.0)
    inputs, start = views(), random_state()
    exact = model.loss(inputs, None)
    set_random_state(start)
    with torch.autocast('cpu', torch.bfloat16):
        losses = model.loss(inputs, None)
    for key in ('loss_dino', 'loss_semantic'):
        assert losses[key].dtype == torch.float32
        found, wanted = (x[key].item() for x in (losses, exact))
        assert found == pytest.approx(wanted, rel=0.1), key


@pytest.mark.parametrize(
    'speed',
    [
        dict(channels_last=True),
        pytest.param(dict(grad_checkpoint=True), marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_speed_options__change_nothing(speed):
    model = build(**PUBLISHED)
    twin = apply_model_options(copy.deepcopy(model), speed)
    inputs, start = views(), random_state()
    for net in (model, twin):
        set_random_state(start)
        wrapper = OptimWrapper(torch.optim.SGD(net.parameters(), lr=0.1))
        losses = net.loss(inputs, None)
        wrapper.update_params(losses['loss_dino'] + losses['loss_semantic'])
        net.update_teacher(0.9)
    state = twin.state_dict()
    for name, value in model.state_dict().items():
        torch.testing.assert_close(
            state[name], value, rtol=1e-3, atol=1e-5, msg=name
        )


def test_golden__part_head_on_the_last_maps_tokens():
    keys = json.loads(
        (GOLDEN / 'solider_part_classifier_keys.json').read_text('utf-8')
    )
    head = MODELS.build(
        dict(type='DINONeck', in_channels=768, num_prototypes=4)
    )
    head.load_state_dict(
        {
            name.split('.', 1)[1]: named_weight(name, shape, dtype)
            for name, (shape, dtype) in keys.items()
        }
    )
    with np.load(GOLDEN / 'solider.npz') as golden, torch.no_grad():
        for weight in ('0.0', '0.3', '1.0'):
            maps = torch.from_numpy(golden[f'lambda{weight}/stage3'])
            wanted = torch.from_numpy(golden[f'lambda{weight}/part_logits'])
            logits = head(tokens_of(maps).flatten(0, 1))[0]
            torch.testing.assert_close(logits, wanted, rtol=1e-4, atol=1e-5)


# ---- accumulation ----------------------------------------------------------


def test_accumulation__of_two_halves_is_one_batch():
    """With one part and one lambda, nothing depends on how it is split."""
    changes = dict(
        PUBLISHED,
        semantic_head=dict(CODE, num_prototypes=2),
        train_semantic_head=True,
        part_labels=dict(type='PartLabels', num_parts=1, min_foreground=0),
        semantic_weight_distribution=0.5,
    )
    model = build(**changes)
    twin = copy.deepcopy(model)
    inputs = views(4)
    halves = [[view[:2] for view in inputs], [view[2:] for view in inputs]]
    for net, batches in ((model, [inputs]), (twin, halves)):
        wrapper = OptimWrapper(
            torch.optim.SGD(net.parameters(), lr=0.1),
            accumulative_counts=len(batches),
        )
        wrapper.initialize_count_status(net, 0, len(batches))
        for batch in batches:
            losses = net.loss(batch, None)
            assert losses['foreground_images'] == 1
            wrapper.update_params(
                losses['loss_dino'] + losses['loss_semantic']
            )
        net.update_teacher(0.9)
    state = twin.state_dict()
    for name, value in model.state_dict().items():
        torch.testing.assert_close(
            state[name], value, rtol=1e-4, atol=1e-5, msg=name
        )


# ---- mistakes --------------------------------------------------------------


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        (dict(tokens='norm'), r"tokens 'norm'; valid: 'normed', 'raw'"),
        (dict(mask_part='all'), r"mask_part 'all'; valid: 'batch', 'image'"),
        (dict(semantic_mean='sum'), r"semantic_mean 'sum'; valid: 'all'"),
        (dict(alpha=1.5), r'alpha.*got 1.5'),
        (dict(semantic_loss_weight=-1), r'semantic_loss_weight.*got -1'),
        (dict(semantic_weight_distribution=1.2), r'\[0, 1\].*got 1.2'),
        (dict(semantic_weight_distribution='0'), r"'0'; valid: binary, unif"),
        (
            dict(part_labels=dict(type='PartLabels', num_parts=2)),
            r'= 3.*got 4',
        ),
        (dict(backbone=RESNET, tokens='raw'), r"SemanticResNet has none.*'no"),
        (dict(semantic_head=None), r'semantic_head must be a config'),
    ],
    ids=str,
)
def test_switches__wrong_ones_are_named(changes, message):
    with pytest.raises((TypeError, ValueError), match=message):
        MODELS.build(config(**changes))


def test_views__global_ones_of_several_sizes():
    with pytest.raises(ValueError, match=r'one size.* 64x32, 128x64'):
        build().loss(views(2, ((128, 64), (64, 32))), None)


def test_backbone__gives_no_map():
    model = build(backbone=dict(VIT, out_type='cls_token'))
    with pytest.raises(ValueError, match=r"set backbone.out_type='featmap'"):
        model.loss(views(2, SIZES[:2]), None)


def test_parts__more_than_cells():
    model = build(
        part_labels=dict(type='PartLabels', num_parts=33),
        semantic_head=dict(PAPER, num_classes=34),
    )
    with pytest.raises(ValueError, match=r'num_parts must be in 1 \.\. 32'):
        model.loss(views(), None)
