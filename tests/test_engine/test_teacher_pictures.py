import numpy as np
import pytest
import torch

from mmssl.engine.teacher_pictures import (
    teacher_maps,
    teacher_parts,
    undisturbed,
)
from mmssl.registry import MODELS
from mmssl.testing.toy_people import toy_person

SWIN = dict(
    type='SemanticSwinTransformer',
    arch=dict(embed_dims=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2]),
    strides=(4, 2, 2, 1),
    window_size=4,
)


def make_model(method='SOLIDER', backbone=SWIN, channels=64, **options):
    torch.manual_seed(0)
    config = dict(
        type=f'mmssl.{method}',
        backbone=dict(backbone),
        neck=dict(
            type='mmssl.DINONeck',
            in_channels=channels,
            hid_channels=16,
            bottleneck_channels=8,
            num_prototypes=32,
        ),
        head=dict(type='mmssl.DINOHead', num_prototypes=32),
    )
    if method == 'SOLIDER':
        config['semantic_head'] = dict(
            type='mmssl.SemanticHead', in_channels=channels, num_classes=4
        )
    model = MODELS.build(dict(config, **options))
    for name, value in model.named_parameters():
        if 'semantic_embed' in name:
            torch.nn.init.normal_(value, std=0.8)
        if name.endswith('norm3.weight'):  # or all tokens are as long
            torch.nn.init.uniform_(value, 0.2, 2)
    return model


def batch(number=3, size=(128, 64)):
    people = [
        toy_person(size, np.random.default_rng(n)).image.transpose(2, 0, 1)
        for n in range(number)
    ]
    return torch.from_numpy(np.stack(people))


def test_maps__are_the_teachers_at_each_lambda():
    model, images = make_model(), batch()
    maps, weights = teacher_maps(model, images, (0.0, 1.0))
    assert weights == (0.0, 1.0)
    assert maps.shape == (3, 2, 64, 8, 4)
    model.teacher.eval()
    ready = model.data_preprocessor.normalized(images)
    for place, weight in enumerate(weights):
        with torch.no_grad():
            expected = model.teacher.backbone(ready, weight)[-1]
        np.testing.assert_allclose(maps[:, place], expected.numpy(), atol=1e-5)
    assert np.abs(maps[:, 0] - maps[:, 1]).max() > 0.1


def test_maps__of_a_backbone_without_lambda():
    net = dict(type='ResNet', depth=18, base_channels=8)
    model = make_model('DINO', net)
    maps, weights = teacher_maps(model, batch(2), (0.0, 1.0))
    assert weights == (None,)
    assert maps.shape == (2, 1, 64, 4, 2)


def test_maps__of_a_vision_transformer_that_gives_a_token():
    arch = dict(
        embed_dims=16, num_layers=2, num_heads=2, feedforward_channels=32
    )
    net = dict(type='VisionTransformer', arch=arch, img_size=(128, 64))
    model = make_model('DINO', net, 16)
    maps, _ = teacher_maps(model, batch(2), (0.0,))
    assert maps.shape == (2, 1, 16, 8, 4)
    assert model.teacher.backbone.out_type == 'cls_token'


@pytest.mark.parametrize('mask_part', ['image', 'batch', None])
@pytest.mark.parametrize('tokens', ['normed', 'raw'])
def test_parts__are_those_of_the_training(mask_part, tokens):
    options = dict(
        part_labels=dict(type='mmssl.PartLabels', min_foreground=0.1),
        mask_part=mask_part,
        tokens=tokens,
    )
    model, images = make_model(**options), batch(4)
    found = teacher_parts(model, images, seed=3)
    model.teacher.eval()
    ready = model.data_preprocessor.normalized(images)
    maps, _ = model.semantic_maps([ready])
    generator = torch.Generator().manual_seed(3)
    expected = model.part_labels(maps, generator=generator)
    np.testing.assert_array_equal(found.labels, expected.labels.numpy())
    np.testing.assert_array_equal(found.valid, expected.valid.numpy())
    assert found.valid.any()
    if mask_part is None:
        assert found.cut is None
        return
    assert found.cut.shape == (4,)
    assert set(found.cut.tolist()) <= {1, 2, 3}
    if mask_part == 'batch':
        assert len(set(found.cut.tolist())) == 1


def test_undisturbed__modes_and_random_states():
    model = make_model()
    model.train()
    model.teacher.backbone.stages[0].eval()
    before = [part.training for part in model.modules()]
    drawn = torch.get_rng_state(), np.random.get_state()[1].copy()
    with undisturbed(model):
        assert not any(part.training for part in model.teacher.modules())
        assert model.backbone.training
        torch.rand(3)
        np.random.rand(3)
    assert [part.training for part in model.modules()] == before
    assert torch.equal(drawn[0], torch.get_rng_state())
    np.testing.assert_array_equal(drawn[1], np.random.get_state()[1])
