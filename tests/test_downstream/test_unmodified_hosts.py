"""Exported backbones in whole models of hosts that know nothing of mmssl.

Each host's own config is read, its own registry builds the model, its own
``init_cfg`` loads the file: as somebody does who was sent the file alone.
"""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from mmpretrain.models import ResNet

from mmssl.models.backbones import SemanticSwinTransformer

HOSTS = ('mmdet', 'mmpose', 'mmpretrain', 'mmseg')
ARCH = dict(embed_dims=12, depths=[2, 2, 2, 2], num_heads=[1, 2, 3, 4])
MODELS = """
import sys
import numpy as np, torch
from pathlib import Path
from importlib import import_module
from mmengine.config import Config, ConfigDict
from mmengine.registry import MODELS, DefaultScope

ALL = (0, 1, 2, 3)
ARCH = dict(embed_dims=12, depths=[2, 2, 2, 2], num_heads=[1, 2, 3, 4])
RESNETS = dict(
    mmdet='faster_rcnn/faster-rcnn_r50_fpn_1x_coco.py',
    mmpose='body_2d_keypoint/topdown_heatmap/coco/'
    'td-hm_res50_8xb64-210e_coco-256x192.py',
    mmpretrain='resnet/resnet18_8xb32_in1k.py',
    mmseg='fcn/fcn_r50-d8_4xb2-40k_cityscapes-512x1024.py',
)
SWINS = dict(
    mmdet='swin/mask-rcnn_swin-t-p4-w7_fpn_1x_coco.py',
    mmpose='body_2d_keypoint/topdown_heatmap/coco/'
    'td-hm_swin-t-p4-w7_8xb32-210e_coco-256x192.py',
    mmpretrain='swin_transformer/swin-tiny_16xb64_in1k.py',
    mmseg='swin/swin-tiny-patch4-window7-in1k-pre_upernet_'
    '8xb2-160k_ade20k-512x512.py',
)

def plain(value):
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(plain(v) for v in value)
    return 'BN' if value == 'SyncBN' else value

def features(host, name, changes, file, images):
    root = Path(import_module(host).__file__).parent
    config = Config.fromfile(root / '.mim' / 'configs' / name)
    model = ConfigDict(plain(config.model.to_dict()))
    for key in ('pretrained', 'init_cfg'):
        model.pop(key, None)
    model['backbone'].update(changes)
    init = dict(type='Pretrained', checkpoint=file)
    if host == 'mmpretrain' and 'Swin' in model['backbone']['type']:
        init['prefix'] = 'backbone.'
    model['backbone']['init_cfg'] = init
    import_module(host + '.utils').register_all_modules(False)
    with DefaultScope.overwrite_default_scope(host):
        net = MODELS.build(model)
    net.init_weights()
    net.eval()
    with torch.no_grad():
        return net.backbone(images)

images = torch.from_numpy(np.load('images.npy'))
found = {}
for host in ('mmdet', 'mmpose', 'mmpretrain', 'mmseg'):
    resnet = dict(type='ResNet', depth=18, out_indices=ALL)
    resnet.update(strides=(1, 2, 2, 2), dilations=(1, 1, 1, 1))
    if host != 'mmpretrain':
        swin = dict(ARCH, convert_weights=False, out_indices=ALL)
        if host == 'mmseg':
            del swin['convert_weights']
    else:
        swin = dict(arch=ARCH, out_indices=ALL, pad_small_map=True)
    for file, name, changes in (
        ('resnet.pth', RESNETS[host], resnet),
        ('swin.pth', SWINS[host], swin),
    ):
        maps = features(host, name, changes, file, images)
        for number, one in enumerate(maps):
            found[f'{host} {file} {number}'] = one.numpy()
loaded = {name.split('.')[0] for name in sys.modules}
assert 'mmssl' not in loaded
assert {'mmdet', 'mmpose', 'mmpretrain', 'mmseg'} <= loaded
np.savez('found.npz', **found)
"""


@pytest.mark.slow
@pytest.mark.downstream
def test_exports__give_the_pretrained_features_in_every_host(export, tmp_path):
    """A ResNet, and a Swin with lambda folded in; all four maps."""
    for host in HOSTS:
        pytest.importorskip(host)
    images = torch.randn(1, 3, 64, 96, generator=torch.manual_seed(1))
    np.save(tmp_path / 'images.npy', images.numpy())
    want = {}
    resnet = ResNet(18, out_indices=(0, 1, 2, 3))
    swin = SemanticSwinTransformer(ARCH, out_indices=(0, 1, 2, 3))
    export(resnet, 'resnet.pth')
    export(swin, 'swin.pth', semantic_weight=0.3)
    for name, net, more in (
        ('resnet', resnet, ()),
        ('swin', swin, (0.3,)),
    ):
        source = torch.load(tmp_path / f'source-{name}.pth', weights_only=True)
        state = {
            key[len('backbone.') :]: value
            for key, value in source['state_dict'].items()
            if key.startswith('backbone.')
        }
        net.load_state_dict(state)
        net.eval()
        with torch.no_grad():
            want[f'{name}.pth'] = [one.numpy() for one in net(images, *more)]
    environment = {
        key: value for key, value in os.environ.items() if key != 'PYTHONPATH'
    }
    done = subprocess.run(
        [sys.executable, '-c', MODELS],
        cwd=tmp_path,
        env=dict(environment, OMP_NUM_THREADS='1'),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = np.load(tmp_path / 'found.npz')
    assert len(found.files) == len(HOSTS) * 2 * 4
    for key in found.files:
        _, file, number = key.split()
        right = want[file][int(number)]
        assert found[key].shape == right.shape, key
        far = np.abs(found[key] - right).max() / np.abs(right).max()
        assert far <= 1e-5, key
