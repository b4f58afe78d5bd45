"""Files are read back by value; what does not fit is not written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.model import initialize
from mmpretrain.models import ResNet, SwinTransformer
from torchvision.ops import FeaturePyramidNetwork

from mmssl.checkpoints.export import export_backbone
from mmssl.checkpoints.load_report import CheckpointMismatch
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.safe_load import load_checkpoint

ROOT = Path(__file__).parents[2]
TINY = dict(embed_dims=16, depths=[1, 1, 1, 1], num_heads=[1, 2, 4, 8])


@pytest.fixture(scope='module')
def resnet():
    """Tensors of a ResNet-18, as a pretraining checkpoint holds them."""
    torch.manual_seed(0)
    return ResNet(18).state_dict()


def save(path, state, **meta):
    full = {f'backbone.{name}': value for name, value in state.items()}
    full.update(
        {'neck.conv.weight': torch.ones(2), 'head.bias': torch.ones(1)}
    )
    meta = dict(iter=70, experiment_name='cmp_r18', cfg='model = 1', **meta)
    torch.save(dict(state_dict=full, meta=meta, optimizer={}), path)
    return path


def equal(state, other):
    return state.keys() == other.keys() and all(
        torch.equal(state[name], other[name]) for name in state
    )


def test_mm_pth__mmengines_pretrained_reads_it(tmp_path, resnet):
    source = save(tmp_path / 'iter_70.pth', resnet)
    out = tmp_path / 'new' / 'r18.pth'
    report = export_backbone(source, out)
    assert (report.share, len(report.matched)) == (1.0, len(resnet))
    written = torch.load(out, weights_only=True)
    assert equal(written['state_dict'], resnet)
    assert written['meta']['iter'] == 70
    assert written['meta']['experiment'] == 'cmp_r18'
    assert written['meta']['architecture'] == 'ResNet-18'
    assert 'cfg' not in written['meta']
    model = ResNet(18)
    initialize(model, dict(type='Pretrained', checkpoint=str(out)))
    assert equal(model.state_dict(), resnet)
    sidecar = json.loads((tmp_path / 'new' / 'r18.pth.json').read_text())
    assert sidecar['meta'] == written['meta']
    assert sidecar['report']['share'] == 1.0
    assert sorted(p.name for p in out.parent.iterdir()) == [
        'r18.pth',
        'r18.pth.json',
    ]


def test_mm_safetensors__read_with_mmssls_loader(tmp_path, resnet):
    pytest.importorskip('safetensors')
    source = save(tmp_path / 'a.pth', resnet)
    export_backbone(source, tmp_path / 'b.safetensors')
    written = load_checkpoint(tmp_path / 'b.safetensors')
    assert equal(
        dict(sorted(written['state_dict'].items())),
        dict(sorted(resnet.items())),
    )
    assert written['meta']['iter'] == '70'


def test_torchvision_pth__is_what_load_state_dict_wants(tmp_path, resnet):
    models = pytest.importorskip('torchvision.models')
    source = save(tmp_path / 'a.pth', resnet)
    export_backbone(source, tmp_path / 'b.pth', layout='torchvision')
    model = models.resnet18()
    left = model.load_state_dict(torch.load(tmp_path / 'b.pth'), strict=False)
    assert left.missing_keys == ['fc.weight', 'fc.bias']
    assert left.unexpected_keys == []


@pytest.mark.parametrize('suffix', ['pth', 'safetensors'])
def test_views__are_written_whole(tmp_path, resnet, suffix):
    """A tensor that shares storage, or is transposed, is copied."""
    if suffix == 'safetensors':
        pytest.importorskip('safetensors')
    state = dict(resnet)
    big = torch.randn(64, 64, 3, 3)
    state['layer1.0.conv1.weight'] = big.transpose(2, 3)
    state['layer1.0.conv2.weight'] = big
    source = save(tmp_path / 'a.pth', state)
    out = tmp_path / f'b.{suffix}'
    export_backbone(source, out)
    written = load_checkpoint(out)['state_dict']
    assert torch.equal(written['layer1.0.conv1.weight'], big.transpose(2, 3))


def test_what_does_not_fit__leaves_no_file(tmp_path, resnet):
    out = tmp_path / 'out.pth'
    without = dict(resnet)
    del without['layer4.1.conv2.weight']
    with pytest.raises(CheckpointMismatch, match=r'layer4\.1\.conv2\.weight'):
        export_backbone(save(tmp_path / 'a.pth', without), out)
    extra = dict(resnet, extra=torch.ones(1))
    with pytest.raises(CheckpointMismatch, match='no place for'):
        export_backbone(save(tmp_path / 'a.pth', extra), out)
    names = r'names start with: backbone, head, neck'
    with pytest.raises(CheckpointError, match=names):
        export_backbone(save(tmp_path / 'a.pth', resnet), out, prefix='x.')
    assert [p.name for p in tmp_path.iterdir()] == ['a.pth']


def test_wrong_arguments__clear_errors(tmp_path, resnet):
    source = save(tmp_path / 'a.pth', resnet)
    with pytest.raises(ValueError, match=r'\.safetensors, got .*out\.onnx'):
        export_backbone(source, tmp_path / 'out.onnx')
    with pytest.raises(ValueError, match='layout must be one of'):
        export_backbone(source, tmp_path / 'out.pth', layout='keras')
    with pytest.raises(FileNotFoundError, match='gone'):
        export_backbone(tmp_path / 'gone.pth', tmp_path / 'out.pth')


def test_caffe_style__is_refused_outside_mm(tmp_path, resnet):
    source = save(tmp_path / 'a.pth', resnet)
    loaded = torch.load(source, weights_only=True)
    loaded['meta']['cfg'] = "model = dict(backbone=dict(style='caffe'))"
    torch.save(loaded, source)
    with pytest.raises(CheckpointError, match='caffe'):
        export_backbone(source, tmp_path / 'b.pth', layout='torchvision')
    assert export_backbone(source, tmp_path / 'b.pth').share == 1.0


def test_config__is_held_against_the_checkpoint(tmp_path, resnet):
    source = save(tmp_path / 'a.pth', resnet)
    file = tmp_path / 'cmp_r18.py'
    file.write_text("model = dict(backbone=dict(type='ResNet', depth=18))")
    export_backbone(source, tmp_path / 'b.pth', config=file)
    meta = torch.load(tmp_path / 'b.pth')['meta']
    assert meta['config_name'] == 'cmp_r18'
    config = Config.fromfile(file)
    config.model.backbone.depth = 50
    with pytest.raises(CheckpointMismatch, match="the config's backbone"):
        export_backbone(source, tmp_path / 'c.pth', config=config)
    with pytest.raises(ValueError, match=r'no model\.backbone'):
        export_backbone(source, tmp_path / 'c.pth', config=Config({}))


def test_unrecognised_backbone__needs_the_config(tmp_path):
    backbone = dict(type='ResNet', depth=18, deep_stem=True)
    state = ResNet(18, deep_stem=True).state_dict()
    source, out = save(tmp_path / 'a.pth', state), tmp_path / 'b.pth'
    with pytest.raises(CheckpointError, match='give the config'):
        export_backbone(source, out)
    config = Config(dict(model=dict(backbone=backbone)))
    assert export_backbone(source, out, config=config).share == 1.0
    with pytest.raises(CheckpointError, match='no twin in timm'):
        export_backbone(source, out, layout='timm', config=config)


def test_swin__all_norms_and_the_prefix_that_mmdet_reads(tmp_path):
    model = SwinTransformer(arch=TINY, out_indices=(0, 1, 2, 3))
    state = model.state_dict()
    source, out = save(tmp_path / 'a.pth', state), tmp_path / 'b.pth'
    export_backbone(source, out)
    prefixed = {f'backbone.{name}': value for name, value in state.items()}
    assert equal(torch.load(out)['state_dict'], prefixed)
    export_backbone(source, out, out_prefix='')
    assert equal(torch.load(out)['state_dict'], state)
    export_backbone(source, out, layout='torchvision')
    assert 'features.0.0.weight' in torch.load(out)


def save_scrl(path, student, teacher):
    """A checkpoint with a teacher, and a pyramid on the backbone of each."""
    full = {}
    for root, backbone in (('', student), ('teacher.', teacher)):
        full.update({f'{root}backbone.{k}': v for k, v in backbone.items()})
        fpn = FeaturePyramidNetwork([64, 128, 256, 512], 16).state_dict()
        full.update({f'{root}region.fpn.{k}': v for k, v in fpn.items()})
    torch.save(dict(state_dict=full, meta={}), path)
    return full


def test_part__student_or_teacher(tmp_path, resnet):
    teacher = {k: torch.randn(v.shape).to(v) for k, v in resnet.items()}
    source, out = tmp_path / 'a.pth', tmp_path / 'b.pth'
    save_scrl(source, resnet, teacher)
    for part, expected in (('student', resnet), ('teacher', teacher)):
        export_backbone(source, out, part=part)
        written = torch.load(out, weights_only=True)
        assert equal(written['state_dict'], expected)
        assert written['meta']['part'] == part
    export_backbone(source, out, prefix='teacher.backbone.')
    assert equal(torch.load(out, weights_only=True)['state_dict'], teacher)
    with pytest.raises(ValueError, match='student, teacher, got'):
        export_backbone(source, out, part='ema')
    plain = save(tmp_path / 'cmp.pth', resnet)
    with pytest.raises(CheckpointError, match=r"prefix 'teacher\.backbone"):
        export_backbone(plain, out, part='teacher')


@pytest.mark.parametrize(
    ('part', 'root'), [('student', ''), ('teacher', 'teacher.')]
)
def test_fpn__beside_the_backbone(tmp_path, resnet, part, root):
    source, out = tmp_path / 'a.pth', tmp_path / 'detector.pth'
    full = save_scrl(source, resnet, resnet)
    export_backbone(source, out, part=part, fpn=True)
    written = torch.load(out, weights_only=True)
    assert written['meta']['architecture'] == 'ResNet-18 with FPN'
    state = written['state_dict']
    assert len(state) == len(resnet) + 16
    assert torch.equal(
        state['neck.lateral_convs.2.conv.weight'],
        full[f'{root}region.fpn.inner_blocks.2.0.weight'],
    )
    assert torch.equal(state['backbone.bn1.bias'], resnet['bn1.bias'])


def test_fpn__what_cannot_be(tmp_path, resnet):
    source, out = tmp_path / 'a.pth', tmp_path / 'b.pth'
    save_scrl(source, resnet, resnet)
    with pytest.raises(ValueError, match=r"layout \"mm\" .*'timm'"):
        export_backbone(source, out, layout='timm', fpn=True)
    with pytest.raises(ValueError, match="got 'mm' and ''"):
        export_backbone(source, out, out_prefix='', fpn=True)
    plain = save(tmp_path / 'cmp.pth', resnet)
    with pytest.raises(CheckpointError, match=r"prefix 'region\.fpn\."):
        export_backbone(plain, out, fpn=True)


@pytest.mark.slow
def test_command__prints_the_report_and_fails_loudly(tmp_path, resnet):
    source = save(tmp_path / 'a.pth', resnet)

    def run(*args):
        return subprocess.run(
            [sys.executable, str(ROOT / 'tools/export.py'), *map(str, args)],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={'PYTHONPATH': str(ROOT)},
            check=False,
        )

    done = run(source, tmp_path / 'b.pth', '--layout', 'torchvision')
    assert done.returncode == 0, done.stderr
    assert '120 matched (100.0 %), 0 missing, 0 unexpected' in done.stdout
    done = run(source, tmp_path / 'b.pth', '--prefix', 'teacher.')
    assert done.returncode == 1
    assert 'error: ' in done.stderr
    assert 'names start with' in done.stderr
    assert 'Traceback' not in done.stderr
