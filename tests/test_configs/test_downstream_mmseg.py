"""Segmentation at full size: models, stubs of data, published numbers."""

import copy
import math
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from torch.nn import functional

pytest.importorskip('mmseg')
import mmseg
from mmseg.registry import DATASETS, METRICS, MODELS, PARAM_SCHEDULERS

from mmssl.testing.configs import changed_keys

pytestmark = pytest.mark.downstream
ROOT = Path(__file__).resolve().parents[2] / 'configs' / 'downstream' / 'mmseg'
HOST = Path(mmseg.__file__).parent / '.mim' / 'configs' / 'fcn'
HOST /= 'fcn_r50-d8_4xb4-20k_voc12aug-512x512.py'
VOC_R50 = 'cmp_r50-d8_fcn_4xb4-33k_voc12aug-512x512'
VOC_ALEX = 'cmp_alexnet_fcn-32s_4xb4-66k_voc12aug-512x512'
VOC_VGG = 'cmp_vgg16_fcn_4xb4-20k_voc12aug-512x512'
LIP, CIHP = 'cmp_r50-d8_fcn_4xb4-50e_lip', 'cmp_r50-d8_fcn_4xb4-120e_cihp'
SOLIDER = 'solider_swin-{}_psp_8xb8-150e_lip-572x384'
CMP = (0.01, 5e-4)  # stated, and mmseg's own
# lr and decay, length, by epochs, GPUs x batch, height x width, classes
RECIPES = {
    VOC_R50: (CMP, 33000, False, 4 * 4, (512, 512), 21),
    VOC_ALEX: (CMP, 66000, False, 4 * 4, (512, 512), 21),
    VOC_VGG: (CMP, 20000, False, 4 * 4, (512, 512), 21),
    LIP: (CMP, 50, True, 4 * 4, (512, 512), 20),
    CIHP: (CMP, 120, True, 4 * 4, (512, 512), 20),
    **{
        SOLIDER.format(size): ((7e-3, 0), 150, True, 8 * 8, (572, 384), 20)
        for size in 'tsb'
    },
}
# 'mmseg::fcn/...' reads all of mmseg's metafiles, which takes seconds
each = pytest.mark.parametrize(
    'name',
    [
        pytest.param(name, marks=[pytest.mark.slow] * ('voc' in name))
        for name in RECIPES
    ],
)


@cache
def load(name):
    return Config.fromfile(ROOT / f'{name}.py')


def test_names__each_has_its_row():
    assert {path.stem for path in ROOT.glob('*.py')} == set(RECIPES)


@each
def test_recipe__numbers_of_the_paper(name):
    cfg = load(name)
    (lr, decay), length, by_epoch, batch, size, classes = RECIPES[name]
    assert cfg.optim_wrapper.optimizer == dict(
        type='SGD', lr=lr, momentum=0.9, weight_decay=decay
    )
    loop = cfg.train_cfg
    assert loop.type == f'{"Epoch" if by_epoch else "Iter"}BasedTrainLoop'
    assert loop['max_epochs' if by_epoch else 'max_iters'] == length
    assert cfg.log_processor.by_epoch is by_epoch
    assert cfg.default_hooks.checkpoint.by_epoch is by_epoch
    assert cfg.default_hooks.logger.log_metric_by_epoch is by_epoch
    sampler = cfg.train_dataloader.sampler
    assert sampler.shuffle
    assert (sampler.type == 'InfiniteSampler') is not by_epoch
    gpus, each_has = 8 if '8xb8' in name else 4, cfg.train_dataloader
    assert f'_{gpus}xb{each_has.batch_size}-' in name
    assert gpus * each_has.batch_size == batch
    assert tuple(cfg.model.data_preprocessor.size) == size
    assert cfg.model.decode_head.num_classes == classes
    assert cfg.load_from is None


@each
def test_backbone__comes_from_a_file_that_has_to_be_named(name):
    model = load(name).model
    assert model.pretrained is None
    assert model.backbone.init_cfg == dict(
        type='Pretrained', checkpoint='backbone.pth'
    )


def _plain(node):
    """Return plain data, without the scope that mmengine notes in it."""
    if isinstance(node, dict):
        return {k: _plain(v) for k, v in node.items() if k != '_scope_'}
    if isinstance(node, (list, tuple)):
        return [_plain(item) for item in node]
    return node


HEAD = 'model.decode_head.'
SECOND = 'model.auxiliary_head'
CHANGED = {
    VOC_R50: {'param_scheduler.PolyLR.end', 'train_cfg.max_iters'},
    VOC_VGG: {'custom_imports', HEAD + 'in_channels', HEAD + 'in_index'}
    | {SECOND},
    VOC_ALEX: {
        *('custom_imports', SECOND, 'train_cfg.max_iters'),
        *('param_scheduler.PolyLR', 'param_scheduler.MultiStepLR'),
        *(f'{HEAD}{k}' for k in ('in_channels', 'in_index', 'channels')),
        *(f'{HEAD}{k}' for k in ('num_convs', 'concat_input')),
        HEAD + 'dropout_ratio',
    },
}


@pytest.mark.slow
@pytest.mark.parametrize('name', CHANGED)
def test_voc__nothing_else_of_the_hosts_config_is_changed(name):
    host = _plain(Config.fromfile(HOST).to_dict())
    always = {'benchmark', 'model.backbone', 'model.pretrained'}
    found = changed_keys(host, _plain(load(name).to_dict()))
    assert found == CHANGED[name] | always


@pytest.mark.slow
def test_voc__resnet_keeps_the_hosts_dilations():
    backbone = load(VOC_R50).model.backbone
    assert (backbone.type, backbone.depth) == ('ResNet', 50)
    assert backbone.strides == (1, 2, 1, 1)
    assert backbone.dilations == (1, 1, 2, 4)
    assert backbone.contract_dilation is True


@pytest.fixture(autouse=True)
def no_random_weights(monkeypatch):
    """Weights are not looked at; drawing them takes most of the time."""
    for name in ('kaiming_uniform_', 'uniform_', 'normal_', 'trunc_normal_'):
        monkeypatch.setattr(torch.nn.init, name, lambda x, *a, **k: x)


def build(name):
    cfg = load(name)
    init_default_scope('mmseg')
    model = copy.deepcopy(cfg.model.to_dict())
    del model['backbone']['init_cfg']
    # Swin asks numbers of its tensors as it is made
    with torch.device('cpu' if 'swin' in name else 'meta'):
        return MODELS.build(model)


@each
def test_model__builds_and_takes_its_size(name):
    model = build(name).eval()
    classes = RECIPES[name][-1]
    assert hasattr(model, 'auxiliary_head') is ('r50' in name)
    if name in (SOLIDER.format('s'), SOLIDER.format('b')):
        return  # as the small one, at length
    height, width = (128, 96) if 'swin' in name else RECIPES[name][-2]
    device = next(model.parameters()).device
    with torch.no_grad():
        maps = model.backbone(torch.zeros(1, 3, height, width, device=device))
        out = model.decode_head(maps)
    stride = 8 if 'r50' in name else 32 if 'alexnet' in name else 16
    assert out.shape == (1, classes, height // stride, width // stride)


@pytest.mark.slow
def test_fcn_32s__is_classes_of_fc7_enlarged():
    """Against the definition, step by step."""
    name = VOC_ALEX
    init_default_scope('mmseg')
    cfg = load(name).model.to_dict()
    cfg = copy.deepcopy(cfg)
    del cfg['backbone']['init_cfg']
    cfg['backbone']['norm_cfg'] = dict(type='BN')
    model = MODELS.build(cfg).eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.02, generator=generator)
        images = torch.randn(1, 3, 96, 64, generator=generator)
        got = model.encode_decode(images, [dict(img_shape=(96, 64))])
        (fc7,) = model.backbone(images)
        assert fc7.shape == (1, 4096, 3, 2)
        layer = model.decode_head.conv_seg
        assert layer.weight.shape == (21, 4096, 1, 1)
        scores = torch.einsum('kc,nchw->nkhw', layer.weight[..., 0, 0], fc7)
        scores = scores + layer.bias[:, None, None]
    want = functional.interpolate(
        scores, scale_factor=32, mode='bilinear', align_corners=False
    )
    scale = want.abs().max()
    assert scale > 0
    assert (got - want).abs().max() < 1e-5 * scale
    # nothing learns but the backbone, all of it, and that layer
    heads = {n for n, _ in model.decode_head.named_parameters()}
    assert heads == {'conv_seg.weight', 'conv_seg.bias'}
    assert all(p.requires_grad for p in model.parameters())


def write(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), array)


def stub(root, kind):
    """Write three photos as the data set has them; return classes in them."""
    values = [0, 5, 20, 255] if kind == 'voc' else [0, 10, 14, 255]
    labels = np.kron(np.reshape(values, (2, 2)), np.ones((60, 40)))
    labels = labels.astype(np.uint8)
    image = np.dstack([labels] * 3)
    if kind == 'voc':
        root = root / 'data/VOCdevkit/VOC2012'
        lists = dict(train='a', aug='b', val='c')
        for split, stem in lists.items():
            folder = 'SegmentationClass' + 'Aug' * (split == 'aug')
            write(root / 'JPEGImages' / f'{stem}.jpg', image)
            write(root / folder / f'{stem}.png', labels)
            file = root / 'ImageSets/Segmentation' / f'{split}.txt'
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f'{stem}\n')
    elif kind == 'lip':
        root = root / 'data/LIP'
        for split in ('train', 'val'):
            write(root / f'{split}_images' / '1_2.jpg', image)
            write(root / f'{split}_segmentations' / '1_2.png', labels)
            (root / f'{split}_id.txt').write_text('1_2\n')
    else:
        root = root / 'data/CIHP/instance-level_human_parsing'
        for split in ('Training', 'Validation'):
            write(root / split / 'Images' / '0000006.jpg', image)
            write(root / split / 'Category_ids' / '0000006.png', labels)
    return set(values)


@each
def test_data__on_a_stub_of_its_layout(name, tmp_path, monkeypatch):
    kind = 'voc' if 'voc' in name else 'cihp' if 'cihp' in name else 'lip'
    values = stub(tmp_path, kind)
    monkeypatch.chdir(tmp_path)
    cfg = copy.deepcopy(load(name))
    init_default_scope('mmseg')
    train = DATASETS.build(cfg.train_dataloader.dataset)
    assert len(train) == (2 if kind == 'voc' else 1)
    assert len(train.metainfo['classes']) == RECIPES[name][-1]
    sample = train[0]
    inside = set(sample['data_samples'].gt_sem_seg.data.unique().tolist())
    assert inside <= values | {15}  # 15: 14 in a mirror
    height, width = RECIPES[name][-2]
    _, h, w = sample['inputs'].shape
    assert sample['data_samples'].gt_sem_seg.data.shape[-2:] == (h, w)
    assert h <= height
    assert w <= width
    if '572' in name:  # others are padded as a batch
        assert (h, w) == (height, width)
    for stage in ('val', 'test'):
        tested = DATASETS.build(cfg[f'{stage}_dataloader'].dataset)
        assert len(tested) == 1
        sample = tested[0]['data_samples']
        # labels as they are in the file, whatever the size of the image
        assert sample.gt_sem_seg.data.shape == (1, 120, 80)
        assert set(sample.gt_sem_seg.data.unique().tolist()) == values
    shown = tested[0]['inputs'].shape[1:]
    # 3:2 photos: short side 512, or the whole in 572x384
    assert shown == ((572, 381) if '572' in name else (768, 512))
    METRICS.build(cfg.val_evaluator)


def test_cihp__has_its_own_class_10():
    names = load(CIHP).val_dataloader.dataset.metainfo.classes
    lip = DATASETS.get('mmseg.LIPDataset').METAINFO['classes']
    assert (names[10], lip[10]) == ('Torso-skin', 'Jumpsuits')
    assert [n for i, n in enumerate(names) if i != 10] == [
        n for i, n in enumerate(lip) if i != 10
    ]


@pytest.mark.parametrize('name', [LIP, CIHP, SOLIDER.format('t')])
def test_mirror__left_and_right_change_their_names(name):
    init_default_scope('mmseg')
    from mmseg.registry import TRANSFORMS

    (flip,) = (
        dict(step, prob=1.0)
        for step in load(name).train_dataloader.dataset.pipeline
        if step['type'] == 'RandomFlip'
    )
    labels = np.arange(20, dtype=np.uint8).reshape(2, 10)
    image = np.dstack([labels] * 3)
    results = dict(img=image, gt_seg_map=labels.copy(), img_shape=(2, 10))
    results['seg_fields'] = ['gt_seg_map']
    found = TRANSFORMS.build(flip)(results)['gt_seg_map']
    names = DATASETS.get('mmseg.LIPDataset').METAINFO['classes']
    other = dict(Left='Right', Right='Left')
    for before, after in zip(labels[:, ::-1].flat, found.flat):
        side, dash, part = names[before].partition('-')
        want = f'{other[side]}-{part}' if dash else names[before]
        assert names[after] == want


def learning_rates(name, per_epoch, lr):
    """Return the lr of each iteration that the config's schedulers give."""
    cfg = load(name)
    by_epoch = cfg.train_cfg.type == 'EpochBasedTrainLoop'
    length = cfg.train_cfg.get('max_epochs', cfg.train_cfg.get('max_iters'))
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    init_default_scope('mmseg')
    schedulers = []
    for one in copy.deepcopy(cfg.param_scheduler):
        one.pop('_scope_', None)
        convert = one.pop('convert_to_iter_based', False)
        kind = PARAM_SCHEDULERS.get(one.pop('type'))
        if convert:
            made = kind.build_iter_from_epoch(
                optimizer=optimizer, epoch_length=per_epoch, **one
            )
        else:
            made = kind(optimizer=optimizer, **one)
        schedulers.append(made)
    found = []
    for i in range(length * (per_epoch if by_epoch else 1)):
        found.append(optimizer.param_groups[0]['lr'])
        optimizer.step()
        for made in schedulers:
            if not made.by_epoch or (i + 1) % per_epoch == 0:
                made.step()
    return found


@pytest.mark.parametrize(
    ('name', 'per_epoch'),
    [
        *((LIP, 7), (CIHP, 3)),
        pytest.param(VOC_R50, 1, marks=pytest.mark.slow),
    ],
)
def test_schedule__poly_over_all_iterations(name, per_epoch):
    found = learning_rates(name, per_epoch, 0.01)
    if name == VOC_R50:
        assert len(found) == 33000
    last = len(found) - 1
    for i in (0, 1, len(found) // 3, last - 1, last):
        # from 0.01 to mmseg's own least one
        want = (0.01 - 1e-4) * (1 - i / last) ** 0.9 + 1e-4
        assert found[i] == pytest.approx(want, rel=0.02)


@pytest.mark.slow
def test_schedule__steps_of_alexnet():
    (steps,) = load(VOC_ALEX).param_scheduler
    assert steps == dict(
        type='MultiStepLR',
        milestones=[30000, 48000, 60000],
        gamma=0.1,
        by_epoch=False,
    )


def test_schedule__solider_by_the_published_formula():
    found = learning_rates(SOLIDER.format('t'), 1, 7e-3)
    least = 7e-3 / 500
    assert len(found) == 150

    def cosine(top, share):
        return least + (top - least) * (1 + math.cos(math.pi * share)) / 2

    for epoch, lr in enumerate(found):
        if epoch < 30:
            want = least + (7e-3 - least) * epoch / 29
        elif epoch < 120:
            want = cosine(7e-3, (epoch - 30) / 90)
        else:
            want = cosine(3.5e-3, (epoch - 120) % 10 / 10)
        assert lr == pytest.approx(want, rel=0.05), epoch


def test_solider__what_is_stated():
    cfg = load(SOLIDER.format('t'))
    backbone = cfg.model.backbone
    assert tuple(backbone.strides) == (4, 2, 2, 1)
    assert backbone.drop_path_rate == 0
    model = build(SOLIDER.format('t')).train()  # freezes as it begins
    frozen = {
        name
        for name, parameter in model.backbone.named_parameters()
        if not parameter.requires_grad
    }
    assert frozen
    assert {name.split('.')[0] for name in frozen} == {'patch_embed'}
    losses = {loss.type: loss for loss in cfg.model.decode_head.loss_decode}
    assert losses['CrossEntropyLoss'].loss_weight == 0.5
    assert losses['LovaszLoss'].loss_weight == 0.5
    widths = dict(t=768, s=768, b=1024)
    for size, width in widths.items():
        head = load(SOLIDER.format(size)).model.decode_head
        assert head.in_channels == width
    text = (ROOT / f'{SOLIDER.format("t")}.py').read_text()
    assert '--semantic-weight 0.8' in text


def test_solider__all_that_is_trained_takes_part():
    """DDP stops at the second step where a parameter has no gradient."""
    model = build(SOLIDER.format('t')).train()
    outputs = model.backbone(torch.rand(1, 3, 64, 32))
    model.decode_head._transform_inputs(outputs).sum().backward()
    idle = [
        name
        for name, parameter in model.backbone.named_parameters()
        if parameter.requires_grad and parameter.grad is None
    ]
    assert idle == []


@pytest.mark.slow
def test_alexnet__an_exported_checkpoint_arrives_whole(tmp_path):
    from mmssl.checkpoints.downstream_check import check_downstream
    from mmssl.checkpoints.export import export_backbone
    from mmssl.registry import MODELS as OURS

    atom = ROOT.parents[1] / '_base_' / 'models' / 'cmp_alexnet.py'
    model = OURS.build(Config.fromfile(atom).model)
    state = model.state_dict()
    assert any(name.startswith('neck.') for name in state)  # conv8
    for tensor in state.values():
        if tensor.is_floating_point():
            tensor.normal_()
    torch.save(dict(state_dict=state, meta={}), tmp_path / 'iter_1.pth')
    export_backbone(tmp_path / 'iter_1.pth', tmp_path / 'backbone.pth')
    report = check_downstream(
        tmp_path / 'backbone.pth', str(ROOT / f'{VOC_ALEX}.py')
    )
    assert report.share == 1.0
    assert not report.unexpected
    assert len(report.matched) == 7 * 7  # bias, weight and norm of 7 layers
