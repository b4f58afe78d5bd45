"""The converter against the published keys and the published outputs.

Weights and inputs are rebuilt from names: each tensor has a generator of its
own, seeded by the crc32 of its name.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.registry import DefaultScope
from mmpretrain.models import NonLinearNeck, ResNet
from mmpretrain.structures import DataSample

from mmssl.checkpoints.export import export_backbone
from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.checkpoints.scrl_official import (
    convert_scrl_checkpoint,
    is_scrl_checkpoint,
)
from mmssl.cli import run_command
from mmssl.registry import MODELS
from mmssl.testing.golden import named_input, named_weight

GOLDEN = Path(__file__).parents[1] / 'data' / 'golden'
ENCODER = 'online_network_state_dict'
NECK = dict(
    hid_channels=4096,
    out_channels=256,
    with_bias=True,
    with_last_bn=False,
    with_avg_pool=False,
    norm_cfg=dict(type='BN1d'),
)


def published_file(make):
    """A checkpoint of the published layout, with all of its entries."""
    keys = json.loads((GOLDEN / 'scrl_resnet50_keys.json').read_text())
    file = {'tag': 'best', 'epoch': 200, 'max_eval_score': 66.8}
    for name, (shape, dtype) in keys.items():
        network, key = name.split('/')
        file.setdefault(network, {})[key] = make(name, shape, dtype)
    file['evaluator_state_dict'] = {
        'linear.weight': torch.zeros(1000, 2048, device='meta'),
        'linear.bias': torch.zeros(1000, device='meta'),
    }
    for name in ('optimizer', 'scheduler', 'scaler', 'xent_loss'):
        file[f'{name}_state_dict'] = {}
    return file


def empty(name, shape, dtype):
    return torch.empty(shape, dtype=getattr(torch, dtype), device='meta')


def check_relative(got, expected, limit):
    error = np.abs(got.numpy() - expected).max() / np.abs(expected).max()
    assert error <= limit


@pytest.fixture(scope='module')
def converted(tmp_path_factory):
    """Named weights -> published file -> command -> file of mmssl."""
    folder = tmp_path_factory.mktemp('scrl')
    file = published_file(named_weight)
    del file['evaluator_state_dict']  # tensors without values
    torch.save(file, folder / 'scrl_200ep.pth')
    paths = [str(folder / n) for n in ('scrl_200ep.pth', 'scrl_r50.pth')]
    assert run_command('convert', paths) == 0
    return folder / 'scrl_r50.pth'


@pytest.fixture(scope='module')
def golden():
    with np.load(GOLDEN / 'scrl_networks.npz') as file:
        return {name: file[name] for name in file}


@pytest.mark.slow  # 55 million named weights
def test_golden__outputs_of_the_published_networks(converted, golden):
    """Each network of the file in the host's own modules."""
    from torchvision.ops import roi_align

    state = load_checkpoint(converted)['state_dict']
    views = golden_views(golden)
    boxes = torch.from_numpy(golden['boxes'])

    def filled(module, prefix):
        own = {
            k[len(prefix) :]: v
            for k, v in state.items()
            if k.startswith(prefix)
        }
        module.load_state_dict(own)
        module.eval()  # the host's returns None
        return module

    with torch.no_grad():
        regions = {}
        for root in ('', 'teacher.'):
            [last] = filled(ResNet(50), f'{root}backbone.')(views)
            rois = roi_align(last, boxes, 1, 1 / 32, -1, False).flatten(1)
            neck = filled(NonLinearNeck(2048, **NECK), f'{root}neck.')
            regions[root] = neck((rois,))[0]
            if not root:
                gap = last.mean((2, 3))
        predictor = filled(NonLinearNeck(256, **NECK), 'head.predictor.')
        predicted = predictor((regions[''],))[0]
    check_relative(gap, golden['gap'], 1e-4)
    check_relative(regions[''], golden['proj_online'], 1e-4)
    check_relative(regions['teacher.'], golden['proj_target'], 1e-4)
    check_relative(predicted, golden['pred_online'], 1e-4)


SCRL_R50 = dict(
    type='SCRL',
    backbone=dict(type='ResNet', depth=50),
    neck=dict(type='NonLinearNeck', in_channels=2048, **NECK),
    head=dict(
        type='PairPredictHead',
        predictor=dict(type='NonLinearNeck', in_channels=256, **NECK),
        loss=dict(type='NormalizedL2Loss'),
    ),
    region=dict(type='RoIRegions'),
    teacher_init='independent',
)


def golden_samples(golden):
    """Boxes of both views, row by row, as the samples of each image."""
    n = int(golden['batch'])
    one, two = np.split(golden['boxes'], 2)
    np.testing.assert_array_equal(one[:, 0] + n, two[:, 0])
    samples = [DataSample() for _ in range(n)]
    for i, sample in enumerate(samples):
        rows = one[:, 0] == i
        pairs = np.stack([one[rows, 1:], two[rows, 1:]], axis=1)
        sample.boxes = torch.from_numpy(pairs)
        sample.box_views = torch.tensor([[0, 1]]).repeat(rows.sum(), 1)
    return samples


@pytest.mark.slow
def test_golden__loss_of_the_published_networks_in_scrl(converted, golden):
    with DefaultScope.overwrite_default_scope('mmssl'):
        model = MODELS.build(SCRL_R50)
    state = load_checkpoint(converted)['state_dict']
    model.load_state_dict(state)  # every key, none left
    views = list(golden_views(golden).chunk(2))
    for training, name in ((False, 'loss'), (True, 'loss_trainmode_bn')):
        model.train(training)
        with torch.no_grad():
            losses = model.loss(views, golden_samples(golden))
        total, _ = model.parse_losses(losses)
        assert total.item() == pytest.approx(golden[name].item(), rel=1e-5)


LIBRARIES = {
    'torchvision': ('torchvision', 'torchvision.models'),
    'timm': ('timm', 'timm'),
    'mmpretrain': ('mm', 'mmpretrain.models'),
    'mmdet': ('mm', 'mmdet.models'),
    'mmseg': ('mm', 'mmseg.models'),
    'mmpose': ('mm', 'mmpose.models'),
}


def last_map(library, file, views):
    """The last map of a library's own ResNet-50, loaded its own way."""
    module = pytest.importorskip(LIBRARIES[library][1])
    with torch.no_grad():
        if library.startswith('mm'):
            init_cfg = dict(type='Pretrained', checkpoint=str(file))
            network = module.ResNet(50, init_cfg=init_cfg)
            network.init_weights()
            network.eval()
            return network(views)[-1]
        if library == 'timm':
            network = module.create_model('resnet50', num_classes=0)
            network.load_state_dict(torch.load(file))
            return network.eval().forward_features(views)
        network = module.resnet50()
        network.load_state_dict(torch.load(file), strict=False)
        network.avgpool = network.fc = torch.nn.Identity()
        return network.eval()(views).reshape(len(views), 2048, 3, 3)


@pytest.mark.slow
@pytest.mark.downstream
@pytest.mark.parametrize('library', LIBRARIES)
def test_golden__exported_to_each_library(
    converted, golden, tmp_path, library
):
    file = tmp_path / 'backbone.pth'
    export_backbone(converted, file, layout=LIBRARIES[library][0])
    gap = last_map(library, file, golden_views(golden)).mean((2, 3))
    check_relative(gap, golden['gap'], 1e-4)


def golden_views(golden):
    shape = (golden['batch'], 3, golden['size'], golden['size'])
    views = [named_input(f'visible/scrl/v{i}', shape) for i in (1, 2)]
    return torch.cat(views)


def test_full__every_key_has_its_place():
    file = published_file(empty)
    conversion = convert_scrl_checkpoint(file)
    networks = {'teacher.': ResNet(50), '': ResNet(50)}
    expected = {
        f'{root}backbone.{k}': v.shape
        for root, network in networks.items()
        for k, v in network.state_dict().items()
    }
    for prefix, channels in (
        ('neck.', 2048),
        ('teacher.neck.', 2048),
        ('head.predictor.', 256),
    ):
        head = NonLinearNeck(channels, **NECK).state_dict()
        expected.update({prefix + k: v.shape for k, v in head.items()})
    expected['online_probe.linear.weight'] = (1000, 2048)
    expected['online_probe.linear.bias'] = (1000,)
    got = {k: v.shape for k, v in conversion.state_dict.items()}
    assert got == expected
    # Nothing is lost, copied or invented: the same tensors.
    assert len(conversion.renamed) == 662
    for old, new in conversion.renamed.items():
        network, key = old.split('/')
        assert conversion.state_dict[new] is file[network][key]
    assert conversion.meta == {
        'kind': 'full',
        'arch': 'resnet50',
        'epoch': 200,
        'classes': 1000,
    }
    assert conversion.summary == (
        'full checkpoint, resnet50, classifier of 1000'
    )


def test_dropped__every_other_entry_with_its_reason():
    file = published_file(empty)
    file['new_thing'] = 3
    dropped = convert_scrl_checkpoint(file).dropped
    networks = {'online_network', 'target_network', 'predictor', 'evaluator'}
    kept = {f'{name}_state_dict' for name in networks}
    assert set(dropped) == set(file) - kept
    assert dropped['epoch'] == 'kept as meta["epoch"]'
    assert 'published order' in dropped['optimizer_state_dict']
    assert dropped['new_thing'] == 'no part of the networks'


def test_parts__online_network_alone_and_bare_encoder():
    online = published_file(empty)[ENCODER]
    conversion = convert_scrl_checkpoint({ENCODER: online})
    assert conversion.meta['kind'] == 'online'
    assert conversion.meta['epoch'] is None
    roots = {key.split('.')[0] for key in conversion.state_dict}
    assert roots == {'backbone', 'neck'}
    encoder = {k: v for k, v in online.items() if k.startswith('encoder.')}
    bare = convert_scrl_checkpoint(encoder)
    assert bare.meta['kind'] == 'encoder'
    assert bare.dropped == {}
    names = {key[len('backbone.') :] for key in bare.state_dict}
    assert names == set(ResNet(50).state_dict())


def test_wrapped__names_of_parallel_training():
    file = published_file(empty)
    plain = set(convert_scrl_checkpoint(file).state_dict)
    for name in ('online_network', 'target_network', 'predictor'):
        tensors = file[f'{name}_state_dict']
        file[f'{name}_state_dict'] = {
            f'module.{key}': value for key, value in tensors.items()
        }
    assert is_scrl_checkpoint(file)
    assert is_scrl_checkpoint(file[ENCODER])
    assert set(convert_scrl_checkpoint(file).state_dict) == plain
    file[ENCODER]['encoder.0.weight'] = torch.zeros(1)
    with pytest.raises(ValueError, match='both with and without a prefix'):
        convert_scrl_checkpoint(file)


def test_arch__by_the_blocks_of_the_third_layer():
    online = published_file(empty)[ENCODER]
    for block in range(6, 23):
        for part in ('conv3.weight', 'bn3.bias'):
            online[f'encoder.6.{block}.{part}'] = torch.zeros(1)
    conversion = convert_scrl_checkpoint(online)
    assert conversion.meta['arch'] == 'resnet101'
    assert 'backbone.layer3.22.conv3.weight' in conversion.state_dict
    with pytest.raises(ValueError, match='holds resnet101, not resnet50'):
        convert_scrl_checkpoint(online, 'resnet50')
    with pytest.raises(ValueError, match='valid: auto, resnet101, resnet50'):
        convert_scrl_checkpoint(online, 'swin_t')
    del online['encoder.6.22.conv3.weight']
    with pytest.raises(ValueError, match=r'22 .*resnet50 \(6\) and resnet101'):
        convert_scrl_checkpoint(online)


def test_unknown_keys__listed_with_their_network():
    file = published_file(empty)
    file['predictor_state_dict']['net.5.weight'] = torch.zeros(1)
    file[ENCODER]['encoder.9.weight'] = torch.zeros(1)
    listed = (
        r'2 keys .* in SCRL with resnet50: '
        r'online_network_state_dict/encoder\.9\.weight, predictor'
    )
    with pytest.raises(ValueError, match=listed):
        convert_scrl_checkpoint(file)


def test_values__that_are_no_tensors():
    file = published_file(empty)
    file['predictor_state_dict']['net.0.bias'] = 'a text'
    with pytest.raises(ValueError, match=r"no tensors: \['predictor_state"):
        convert_scrl_checkpoint(file)


def test_other_files__named():
    with pytest.raises(ValueError, match=r"no published SCRL .*\['a', 'b'\]"):
        convert_scrl_checkpoint({'b': torch.zeros(1), 'a': torch.zeros(1)})
    with pytest.raises(ValueError, match=r"no tensors, but 'fake_state_dict'"):
        convert_scrl_checkpoint({ENCODER: 'fake_state_dict'})
    swin = {'encoder.0.weight': 1, 'encoder.patch_embed.proj.weight': 1}
    with pytest.raises(ValueError, match='has 0 bottleneck blocks'):
        convert_scrl_checkpoint({ENCODER: swin})
