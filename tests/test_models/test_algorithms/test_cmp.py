"""CMP on toys: its stages, its steps, and every kind of backbone."""

import copy

import pytest
import torch
import torch.nn.functional as F
from mmengine.optim import OptimWrapper
from mmengine.registry import DefaultScope
from mmpretrain.structures import DataSample
from torch import nn

from mmssl.models.algorithms.cmp import CMP
from mmssl.registry import MODELS

GN = dict(type='GN', num_groups=4)
RESNET = dict(
    type='mmssl.StemResNet',
    depth=18,
    strides=(1, 2, 1, 1),
    dilations=(1, 1, 2, 4),
    stem_channels=8,
    base_channels=8,
    out_indices=(0, 3),
)
CODEC = dict(type='mmssl.FlowCodec', nbins=9, fmax=10)


def config(norm_cfg=GN, **changes):
    """The skip variant, tiny; stem 8, layer1 8, layer4 64 channels."""
    cfg = dict(
        type='mmssl.CMP',
        backbone=dict(RESNET, norm_cfg=norm_cfg),
        neck=dict(
            type='mmssl.ConvProjection', in_channels=64, out_channels=16
        ),
        motion_encoder=dict(
            type='mmssl.MotionEncoder', channels=4, norm_cfg=norm_cfg
        ),
        decoder=dict(
            type='mmssl.SkipMotionDecoder',
            in_channels=20,
            skip_channels=(8, 8),
            channels=8,
            pools=(1, 2),
            num_convs=1,
            fused_channels=16,
            norm_cfg=norm_cfg,
        ),
        head=dict(type='mmssl.FlowBinHead', in_channels=4, codec=CODEC),
    )
    return copy.deepcopy({**cfg, **changes})


def plain_decoder(in_channels=20):
    decoder = dict(
        type='mmssl.PlainMotionDecoder',
        in_channels=in_channels,
        channels=8,
        pools=(1, 2),
        num_convs=1,
        norm_cfg=GN,
    )
    head = dict(type='mmssl.FlowBinHead', in_channels=16, codec=CODEC)
    return dict(decoder=decoder, head=head)


def build(cfg=None):
    torch.manual_seed(0)
    model = MODELS.build(cfg or config())
    model.init_weights()
    return model


def batch(n=2, h=32, w=40, flow=None):
    """What the data preprocessor makes."""
    guidance = torch.zeros(n, 4, h, w)
    samples = []
    for i in range(n):
        flow_i = torch.randn(2, h, w) * 5 if flow is None else flow
        r, c = 3 + i, 5 + 2 * i
        guidance[i, :2, r, c], guidance[i, 2:, r, c] = flow_i[:, r, c], 1
        samples.append(DataSample(metainfo=dict(sample_idx=i)))
        samples[-1].set_field(flow_i, 'gt_flow')
    inputs = dict(img=torch.randn(n, 3, h, w), guidance=guidance)
    return dict(inputs=inputs, data_samples=samples)


def part(data, i):
    """Sample ``i`` alone."""
    inputs = {k: v[i : i + 1] for k, v in data['inputs'].items()}
    return dict(inputs=inputs, data_samples=data['data_samples'][i : i + 1])


def grads(model):
    return {n: p.grad for n, p in model.named_parameters()}


def test_loss__stages_by_hand():
    model, data = build(), batch()
    img, guidance = data['inputs']['img'], data['inputs']['guidance']
    stem, layer1, layer4 = model.backbone(img)
    x = model.neck(layer4)
    g = model.motion_encoder(guidance)
    y = model.decoder(torch.cat([x, g], 1), skips=(stem, layer1))
    logits = model.head.conv(y)
    assert logits.shape == (2, 18, 16, 20)  # half the image
    torch.testing.assert_close(model(data['inputs']), logits)

    large = F.interpolate(
        logits, (32, 40), mode='bilinear', align_corners=True
    )
    target = torch.stack([s.gt_flow for s in data['data_samples']])
    bins = ((target.clamp(-9.999, 9.999) + 10) * 9 / 20).floor().long()
    expected = F.cross_entropy(large[:, :9], bins[:, 0])
    expected += F.cross_entropy(large[:, 9:], bins[:, 1])
    losses = model(**data, mode='loss')
    torch.testing.assert_close(losses, {'loss_flow': expected})


def test_two_steps__exactly_sgd():
    model, data = build(), batch()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    wrapper = OptimWrapper(optimizer)
    reference = copy.deepcopy(model)
    for _ in range(2):
        losses = model(**data, mode='loss')
        wrapper.update_params(losses['loss_flow'])
        loss = reference(**data, mode='loss')['loss_flow']
        gradient = torch.autograd.grad(loss, list(reference.parameters()))
        with torch.no_grad():
            for p, g in zip(reference.parameters(), gradient):
                p -= 0.1 * g
    for (name, p), q in zip(model.named_parameters(), reference.parameters()):
        torch.testing.assert_close(p, q, msg=name)
    initial = build()(**data, mode='loss')['loss_flow']
    assert model(**data, mode='loss')['loss_flow'] < initial


def test_accumulation__two_of_one_is_one_of_two():
    whole, halves, data = build(), build(), batch(2)
    whole(**data, mode='loss')['loss_flow'].backward()
    for i in range(2):
        (halves(**part(data, i), mode='loss')['loss_flow'] / 2).backward()
    wanted = grads(whole)
    for name, grad in grads(halves).items():
        torch.testing.assert_close(
            grad, wanted[name], rtol=1e-4, atol=1e-6, msg=name
        )


def test_save_and_load__same_loss(tmp_path):
    model, data = build(config(dict(type='BN'))), batch()
    model(**data, mode='loss')  # moves the running statistics
    model.eval()
    torch.save(model.state_dict(), tmp_path / 'a.pth')
    other = MODELS.build(config(dict(type='BN'))).eval()
    state = torch.load(tmp_path / 'a.pth', weights_only=True)
    assert other.load_state_dict(state).missing_keys == []
    expected = model(**data, mode='loss')['loss_flow']
    assert other(**data, mode='loss')['loss_flow'] == expected


def test_predict__decoded_and_enlarged():
    model, data = build().eval(), batch()
    with torch.no_grad():
        samples = model(**data, mode='predict')
        logits = model(data['inputs'])
        losses = [
            model(**part(data, i), mode='loss')['loss_flow'] for i in range(2)
        ]
    p = logits.view(2, 2, 9, 16, 20).softmax(2)
    centres = (torch.arange(9) - 4) * 20 / 9
    flow = torch.einsum('nakhw,k->nahw', p, centres)
    flow = F.interpolate(flow, (32, 40), mode='bilinear', align_corners=True)
    for i, sample in enumerate(samples):
        assert sample is data['data_samples'][i]
        assert sample.sample_idx == i
        torch.testing.assert_close(sample.pred_flow, flow[i])
        assert isinstance(sample.loss, float)
        assert sample.loss == pytest.approx(losses[i].item(), rel=1e-5)
        assert {'pred_flow', 'gt_flow', 'loss'} <= set(sample.to_dict())


def test_predict__without_samples_or_target():
    model, data = build().eval(), batch()
    samples = model(data['inputs'], mode='predict')
    assert [tuple(s.pred_flow.shape) for s in samples] == [(2, 32, 40)] * 2
    assert all('loss' not in s for s in samples)
    given = [DataSample(), data['data_samples'][1]]
    assert all('loss' not in s for s in model.predict(data['inputs'], given))


def test_guidance__matters_and_may_be_empty():
    model, data = build().eval(), batch()
    empty = dict(data['inputs'], guidance=torch.zeros(2, 4, 32, 40))
    loss = model(empty, data['data_samples'], mode='loss')['loss_flow']
    assert loss.isfinite()
    assert not torch.allclose(model(empty), model(data['inputs']))


def test_guidance__none_is_flow_from_the_image_alone():
    model = build(config(motion_encoder=None, **plain_decoder(16)))
    data = batch()
    del data['inputs']['guidance']
    loss = model(**data, mode='loss')['loss_flow']
    loss.backward()
    assert all(g is not None for g in grads(model).values())


def test_guidance__forgotten():
    data = batch()
    del data['inputs']['guidance']
    with pytest.raises(ValueError, match='no guidance: put SampleGuidance'):
        build()(**data, mode='loss')


@pytest.mark.parametrize('flow', [0.0, 1e4, -1e4])
def test_flow__none_or_beyond_the_bins(flow):
    model = build()
    data = batch(1, flow=torch.full((2, 32, 40), flow))
    data['inputs']['guidance'].clamp_(-50, 50)
    loss = model(**data, mode='loss')['loss_flow']
    loss.backward()
    assert loss.isfinite()
    assert all(g.isfinite().all() for g in grads(model).values())


def test_neck__may_be_left_out():
    cfg = config(neck=None, **plain_decoder(68))
    assert build(cfg)(batch()['inputs']).shape == (2, 18, 4, 5)


def test_regression_head():
    head = dict(type='mmssl.FlowRegressionHead', in_channels=4)
    model, data = build(config(head=head)), batch()
    target = torch.stack([s.gt_flow for s in data['data_samples']])
    flow = model(data['inputs'])
    large = F.interpolate(flow, (32, 40), mode='bilinear', align_corners=True)
    torch.testing.assert_close(
        model(**data, mode='loss')['loss_flow'],
        F.smooth_l1_loss(large, target),
    )
    (sample, _) = model(**data, mode='predict')
    torch.testing.assert_close(sample.pred_flow, large[0])


SWIN = dict(
    type='mmpretrain.SwinTransformer',
    arch=dict(embed_dims=12, depths=[1, 1, 1, 1], num_heads=[1, 2, 2, 4]),
    pad_small_map=True,
)
# Name: backbone, its last channels, skip channels or None, strides.
BACKBONES = {
    'resnet18 plain': (
        dict(RESNET, out_stem=False, out_indices=(3,)), 64, None, (2, 2, 2)
    ),
    'resnet18 stride 32 skip': (
        dict(RESNET, strides=(1, 2, 2, 2), dilations=(1, 1, 1, 1),
             out_indices=(0, 1, 2, 3)),
        64, (32, 16, 8, 8), (2, 2, 8),
    ),
    'resnet50 skip': (
        dict(RESNET, depth=50), 256, (32, 8), (2, 2, 2)
    ),
    'vgg16 plain': (
        dict(type='mmpretrain.VGG', depth=16, out_indices=(4,),
             with_last_pool=False), 512, None, (2, 2, 4)
    ),
    'vgg16 skip': (
        dict(type='mmpretrain.VGG', depth=16, out_indices=(0, 1, 4),
             with_last_pool=False), 512, (128, 64), (2, 2, 4)
    ),
    'swin plain': (dict(SWIN, out_indices=(3,)), 96, None, (2, 2, 8)),
    'swin skip': (
        dict(SWIN, out_indices=(0, 1, 2, 3)), 96, (48, 24, 12), (2, 2, 8)
    ),
    'alexnet 8x plain': (
        dict(type='mmssl.AlexNetBN', variant='8x'), 4096, None, (2, 2, 2)
    ),
    'alexnet 32x skip': (
        dict(type='mmssl.AlexNetBN', variant='32x',
             out_indices=(0, 1, 3)), 4096, (256, 96), (2, 2, 8)
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    'name',
    [
        pytest.param(name, marks=pytest.mark.slow)
        if name.startswith(('alexnet', 'vgg16'))
        else name
        for name in BACKBONES
    ],
)
@pytest.mark.parametrize('hw', [(64, 96), (67, 93)])
def test_backbones__every_parameter_has_a_gradient(name, hw):
    """So that DDP needs no search for unused parameters; odd sizes too."""
    backbone, channels, skips, strides = BACKBONES[name]
    cfg = config(
        backbone=backbone,
        neck=dict(
            type='mmssl.ConvProjection', in_channels=channels, out_channels=16
        ),
        **plain_decoder(),
    )
    cfg['motion_encoder']['strides'] = strides
    if skips:
        cfg['decoder'] = dict(
            config()['decoder'], skip_channels=skips, norm_cfg=None,
            fused_channels=16,
        )  # fmt: skip
        cfg['head']['in_channels'] = 16 // 2 ** len(skips)
    model, data = build(cfg), batch(2, *hw)
    model(**data, mode='loss')['loss_flow'].backward()
    without = [n for n, g in grads(model).items() if g is None]
    assert without == []
    model.eval()
    with torch.no_grad():
        samples = model(**data, mode='predict')
    assert samples[0].pred_flow.shape == (2, *hw)


def test_strides__of_backbone_and_motion_encoder_differ():
    cfg = config()
    cfg['motion_encoder']['strides'] = (2, 2, 4)
    with pytest.raises(
        ValueError, match=r'4x6 \(stride 16\).*has 8x12.*strides'
    ):
        build(cfg)(batch(1, 64, 96)['inputs'])


def test_channels__neighbours_differ():
    cfg = config()
    cfg['decoder']['in_channels'] = 272
    with pytest.raises(ValueError, match=r'neck \(16\).*\(4\) give 20'):
        MODELS.build(cfg)
    cfg = config()
    cfg['head']['in_channels'] = 384
    with pytest.raises(ValueError, match=r'head.in_channels is 384.*gives 4'):
        MODELS.build(cfg)


@pytest.mark.parametrize('name', ['backbone', 'decoder', 'head'])
def test_parts__must_be_there(name):
    with pytest.raises((TypeError, ValueError), match=name):
        MODELS.build(config(**{name: None}))


@pytest.mark.parametrize('scope', [None, 'mmssl', 'mmpretrain', 'mmdet'])
def test_scope__builds_from_any(scope):
    cfg = config(dict(type='BN'))
    with DefaultScope.overwrite_default_scope(scope):
        model = MODELS.build(cfg)
    kinds = {type(m) for m in model.modules() if hasattr(m, 'running_mean')}
    assert kinds == {nn.BatchNorm2d}
    assert isinstance(model, CMP)


def test_gn__no_batch_statistics_anywhere():
    assert not list(build().buffers())[2:]  # but mean and std of images


def test_weight_init__published_overwrites_everything(tmp_path):
    backbone = MODELS.build(config()['backbone'])
    for p in backbone.parameters():
        p.data.fill_(7.0)
    torch.save(backbone.state_dict(), tmp_path / 'pretrained.pth')
    pretrained = dict(
        type='Pretrained', checkpoint=str(tmp_path / 'pretrained.pth')
    )
    cfg = config(weight_init='published')
    cfg['backbone']['init_cfg'] = pretrained
    with pytest.warns(UserWarning, match='pretrained weights of backbone'):
        model = build(cfg)
    for name, module in model.named_modules():
        if isinstance(module, nn.Conv2d):
            assert module.weight.abs().max() < 0.1, name
            assert module.bias is None or not module.bias.any(), name
        elif isinstance(module, nn.GroupNorm):
            assert (module.weight - 1).abs().max() < 0.15, name

    cfg['weight_init'] = 'backbone'
    kept = build(cfg).backbone
    assert all((p == 7).all() for p in kept.parameters())


def test_weight_init__once():
    model = build(config(weight_init='published'))
    before = copy.deepcopy(model.state_dict())
    model.init_weights()
    for key, value in model.state_dict().items():
        assert torch.equal(value, before[key]), key


def test_weight_init__published_starts_at_chance():
    """Tiny weights: the loss starts at 2 ln(bins)."""
    loss = build(config(weight_init='published'))(**batch(), mode='loss')
    expected = 2 * torch.tensor(9.0).log()
    torch.testing.assert_close(loss['loss_flow'], expected, rtol=1e-3, atol=0)


def test_weight_init__listed():
    with pytest.raises(ValueError, match="'x'; valid: backbone, published"):
        MODELS.build(config(weight_init='x'))


def test_autocast__the_loss_stays_float32():
    model, data = build(), batch()
    exact = model(**data, mode='loss')['loss_flow']
    with torch.autocast('cpu', dtype=torch.bfloat16):
        assert model(data['inputs']).dtype == torch.bfloat16
        loss = model(**data, mode='loss')['loss_flow']
        sample = model(**data, mode='predict')[0]
    assert loss.dtype == sample.pred_flow.dtype == torch.float32
    torch.testing.assert_close(loss, exact, rtol=0.02, atol=0)
    loss.backward()
    assert all(g.isfinite().all() for g in grads(model).values())


def test_train_and_val_step__as_the_runner_calls_them():
    model, data = build(), batch()
    items = [
        dict(
            inputs=dict(
                img=torch.randint(0, 256, (3, 32, 40), dtype=torch.uint8),
                guidance_points=torch.tensor([[1, 2]]),
                guidance_vectors=torch.tensor([[3.0, 4.0]]),
            ),
            data_samples=sample,
        )
        for sample in data['data_samples']
    ]
    collated = dict(
        inputs={
            k: [i['inputs'][k] for i in items] for k in items[0]['inputs']
        },
        data_samples=[i['data_samples'] for i in items],
    )
    wrapper = OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.01))
    logs = model.train_step(collated, wrapper)
    assert set(logs) == {'loss', 'loss_flow'}
    with torch.no_grad():
        samples = model.val_step(collated)
    assert samples[1].pred_flow.shape == (2, 32, 40)
