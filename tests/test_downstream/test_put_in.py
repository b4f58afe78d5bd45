"""A backbone put into a task's config."""

from __future__ import annotations

import copy

import pytest
from mmengine.config import Config

from mmssl.downstream.errors import HandOffError
from mmssl.downstream.exported import Exported
from mmssl.downstream.put_in import put_in

R18 = dict(type='ResNet', depth=18)
SWIN = dict(
    type='SwinTransformer',
    arch=dict(embed_dims=12, depths=[1, 1, 1], num_heads=[1, 1, 2]),
    window_size=7,
    patch_size=4,
    out_indices=[2],
)


def classifier(**backbone):
    backbone = dict(dict(type='ResNet', depth=34), **backbone)
    return Config(
        dict(
            default_scope='mmpretrain',
            load_from='other.pth',
            model=dict(
                type='ImageClassifier',
                backbone=backbone,
                head=dict(in_channels=512),
            ),
            benchmark=dict(
                name='a', slots=dict(last='model.head.in_channels')
            ),
        )
    )


def given(config, file='a.pth', prefix=''):
    return Exported(config=config, name='net', file=file, prefix=prefix)


def test_slots__another_depth_and_its_file():
    config = classifier(dilations=(1, 1, 2, 4), strides=(1, 2, 1, 1))
    notes = put_in(config, given(R18), 'mmpretrain')
    assert config.model.backbone == dict(
        type='ResNet',
        depth=18,
        dilations=(1, 1, 2, 4),
        strides=(1, 2, 1, 1),
        init_cfg=dict(type='Pretrained', checkpoint='a.pth'),
    )
    assert config.model.head.in_channels == 512
    assert config.load_from is None
    assert notes == [
        "load_from='other.pth' is not used",
        'backbone: ResNet(depth=34, strides=(1, 2, 1, 1)) -> '
        'ResNet(depth=18, strides=(1, 2, 1, 1))',
    ]


def test_slots__another_family():
    config = classifier()
    put_in(config, given(SWIN, prefix='backbone.'), 'mmpretrain')
    assert config.model.backbone.type == 'mmpretrain.SwinTransformer'
    assert config.model.backbone.init_cfg.prefix == 'backbone.'
    assert config.model.head.in_channels == 48


def test_slots__a_linear_task_freezes_what_is_put_in():
    config = classifier(frozen_stages=4)
    put_in(config, given(SWIN), 'mmpretrain')
    assert config.model.backbone.frozen_stages >= 2
    random = classifier(frozen_stages=4)
    put_in(random, given(R18, file=None), 'mmpretrain')
    assert random.model.backbone.frozen_stages == 4
    assert 'norm_eval' not in random.model.backbone


def test_weights_alone__nothing_else_is_changed():
    """A config without slots, and a file whose network is not known."""
    config = classifier(frozen_stages=1, norm_eval=True)
    config.pop('benchmark')
    before = copy.deepcopy(config.model.to_dict())
    put_in(config, given(None), 'mmpretrain')
    before['backbone']['init_cfg'] = dict(
        type='Pretrained', checkpoint='a.pth'
    )
    assert config.model == before


def test_random__learns_with_all_its_layers():
    config = classifier(
        frozen_stages=1,
        norm_eval=True,
        init_cfg=dict(type='Pretrained', checkpoint='torchvision://resnet34'),
    )
    notes = put_in(config, given(None, file=None), 'mmpretrain')
    assert config.model.backbone == dict(
        type='ResNet', depth=34, frozen_stages=-1, norm_eval=False
    )
    assert (
        "model.backbone.init_cfg='torchvision://resnet34' is not used" in notes
    )


def test_swins__of_mmdet_read_names_with_a_beginning():
    config = classifier()
    config.model.backbone = dict(type='SwinTransformer', convert_weights=True)
    config.pop('benchmark')
    with pytest.raises(HandOffError, match=r"'backbone\.' alone") as caught:
        put_in(copy.deepcopy(config), given(SWIN), 'mmdet')
    assert caught.value.kind == 'keys'
    put_in(config, given(SWIN, prefix='backbone.'), 'mmdet')
    assert config.model.backbone.convert_weights is False


def test_warnings__what_gives_other_features_though_all_arrives():
    config = classifier(style='caffe')
    config.model.data_preprocessor = dict(
        mean=[103.53, 116.28, 123.675], std=[1.0, 1.0, 1.0]
    )
    config.pop('benchmark')
    exported = Exported(
        config=R18,
        name='net',
        file='a.pth',
        pixels=dict(
            mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375]
        ),
    )
    notes = put_in(config, exported, 'mmpretrain')
    told = [note for note in notes if note.startswith('WARNING')]
    assert len(told) == 3
    assert 'style caffe' in told[0]
    assert 'mean [103.53, 116.28, 123.675] here' in told[1]
    config.model.data_preprocessor = dict(mean=[123.7, 116.3, 103.5])
    config.model.backbone.style = 'pytorch'
    assert not [n for n in put_in(config, exported, 'mmpretrain') if 'W' in n]


@pytest.mark.parametrize(
    'model', [None, dict(type='A'), dict(backbone=[dict(type='ResNet')])]
)
def test_model__without_a_single_backbone(model):
    config = Config(dict(model=model))
    with pytest.raises(HandOffError, match=r'no model\.backbone') as caught:
        put_in(config, given(R18), 'mmdet')
    assert caught.value.kind == 'config'
