"""What a checkpoint tells of the networks to go on with."""

import pytest
import torch
from mmengine.registry import DefaultScope

from mmssl.engine.run_config import load_config
from mmssl.pretraining.data_folder import PretrainError
from mmssl.pretraining.start_point import find_start, neck_of
from mmssl.registry import MODELS

ARCH = dict(embed_dims=16, depths=[1, 1, 2, 1], num_heads=[1, 1, 2, 2])
STAGES = dict(arch=ARCH, strides=(4, 2, 2, 1), out_indices=(3,))


@pytest.fixture(scope='module')
def model():
    config = load_config('mmssl::dino/dino_swin_cpu-demo.py').model
    config.backbone.update(STAGES)
    config.neck.update(in_channels=128, hid_channels=24, num_prototypes=50)
    config.head.num_prototypes = 50
    with DefaultScope.overwrite_default_scope('mmssl'):
        return MODELS.build(config)


def saved(path, state, **meta):
    meta = dict(iter=3, epoch=0, **meta)
    torch.save(dict(state_dict=state, meta=meta, message_hub={}), path)
    return path


def test_find__config_of_the_run_first(model, tmp_path):
    text = (
        "model = dict(type='DINO', backbone=dict("
        "type='SemanticSwinTransformer', strides=(4, 2, 2, 1)))"
    )
    file = saved(tmp_path / 'iter_3.pth', model.state_dict(), cfg=text)
    start = find_start(file)
    assert start.path == file
    assert start.backbone == dict(
        type='SemanticSwinTransformer', strides=(4, 2, 2, 1)
    )
    assert start.neck == dict(
        hid_channels=24,
        bottleneck_channels=128,
        num_layers=3,
        num_prototypes=50,
        use_bn=True,
    )
    # the newest of a work dir
    (tmp_path / 'last_checkpoint').write_text(str(file))
    assert find_start(tmp_path) == start


def test_find__by_the_tensors_where_there_is_no_config(model, tmp_path):
    start = find_start(saved(tmp_path / 'a.pth', model.state_dict()))
    config = start.backbone
    assert config['type'] == 'SemanticSwinTransformer'
    assert config['arch'] == ARCH
    rebuilt = MODELS.build(dict(config, out_indices=(3,))).state_dict()
    own = model.backbone.state_dict()
    assert {n: t.shape for n, t in rebuilt.items()} == {
        n: t.shape for n, t in own.items()
    }


def test_find__a_published_file(model, tmp_path):
    """Teacher and student under other names; nothing is to be converted."""
    parts = {}
    for name, tensor in model.state_dict().items():
        if name.startswith(('backbone.', 'neck.')):
            parts[name.replace('neck.', 'head.')] = tensor
    student = {f'module.{name}': tensor for name, tensor in parts.items()}
    torch.save(
        dict(teacher=parts, student=student, epoch=3), tmp_path / 'p.pth'
    )
    start = find_start(tmp_path / 'p.pth')
    assert start.backbone['arch'] == ARCH
    assert start.neck['num_prototypes'] == 50


def test_find__unknown_backbone_and_no_neck(tmp_path):
    state = {'backbone.stem.weight': torch.ones(2, 2)}
    start = find_start(saved(tmp_path / 'a.pth', state))
    assert start.backbone is None
    assert start.neck == {}


def test_neck__without_hidden_layer():
    state = {
        'neck.mlp.0.weight': torch.ones(3, 8),
        'neck.last_layer.weight_v': torch.ones(7, 3),
    }
    assert neck_of(state) == dict(
        bottleneck_channels=3, num_layers=1, num_prototypes=7, use_bn=False
    )


def test_find__mistakes(tmp_path):
    with pytest.raises(PretrainError, match=r'no start from .*there is no ch'):
        find_start(tmp_path / 'no.pth')
    with pytest.raises(PretrainError, match='holds no checkpoint to start'):
        find_start(tmp_path)
    (tmp_path / 'half.pth').write_bytes(b'half')
    with pytest.raises(PretrainError, match=r'no start from .*half\.pth'):
        find_start(tmp_path / 'half.pth')
    file = saved(tmp_path / 'b.pth', {'head.weight': torch.ones(1)})
    with pytest.raises(PretrainError, match=r'its tensors are head\.weight'):
        find_start(file)
