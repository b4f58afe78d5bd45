"""Nothing pretrained is left in a config."""

from __future__ import annotations

from mmengine.config import Config

from mmssl.downstream.random_start import without_pretrained


def test_without__every_way_to_load_a_backbone():
    config = Config(
        dict(
            load_from='coco.pth',
            model=dict(
                pretrained='open-mmlab://resnet50_v1c',
                init_cfg=dict(type='Pretrained', checkpoint='whole.pth'),
                backbone=dict(
                    type='ResNet',
                    pretrained='torchvision://resnet50',
                    init_cfg=[dict(type='Kaiming', layer='Conv2d')],
                    stage=[dict(init_cfg=dict(type='Pretrained'))],
                ),
                neck=dict(init_cfg=dict(type='Pretrained', checkpoint='n')),
                head=dict(init_cfg=dict(type='Normal', std=0.01)),
            ),
        )
    )
    notes = without_pretrained(config)
    assert config.load_from is None
    assert 'pretrained' not in config.model
    assert 'init_cfg' not in config.model
    assert config.model.backbone == dict(type='ResNet', stage=[dict()])
    assert config.model.head.init_cfg.type == 'Normal'
    assert (
        "model.backbone.pretrained='torchvision://resnet50' is not used"
        in (notes)
    )
    assert "load_from='coco.pth' is not used" in notes
    assert 'model.neck.init_cfg is loaded as well' in notes
    assert len(notes) == 7


def test_without__nothing_to_remove():
    config = Config(dict(model=dict(backbone=dict(type='ResNet', depth=18))))
    assert without_pretrained(config) == []
    assert config.model.backbone == dict(type='ResNet', depth=18)
