"""Converted files with other windows and images load without resizing."""

import pytest
import torch

from mmssl.checkpoints.dino_official import convert_dino_checkpoint
from mmssl.checkpoints.load_report import load_into
from mmssl.checkpoints.position_resize import resize_embedding
from mmssl.checkpoints.resized_conversion import resized_conversion
from mmssl.checkpoints.solider_official import convert_solider_checkpoint
from mmssl.models.backbones import SemanticSwinTransformer

ARCH = dict(embed_dims=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2])


def test_windows__of_student_and_teacher():
    state = SemanticSwinTransformer(ARCH).state_dict()
    file = {'teacher': {f'backbone.{k}': v for k, v in state.items()}}
    conversion = convert_solider_checkpoint(file)
    assert resized_conversion(conversion) is conversion
    resized = resized_conversion(conversion, window_size=5)
    assert [note.split(':')[0] for note in resized.notes[1:]] == [
        'resized (student)',
        'resized (teacher)',
    ]
    assert 'window 7 -> 5' in resized.notes[1]
    for root in ('backbone.', 'teacher.backbone.'):
        net = SemanticSwinTransformer(ARCH, window_size=5)
        report = load_into(
            net,
            {'state_dict': resized.state_dict},
            prefix=root,
            min_matched=1.0,
        )
        assert report.resized == ()


def test_images__of_a_vit():
    timm = pytest.importorskip('timm.models.vision_transformer')
    vit = timm.VisionTransformer(
        32, 8, num_classes=0, embed_dim=16, depth=1, num_heads=2
    )
    conversion = convert_dino_checkpoint(vit.state_dict())
    resized = resized_conversion(conversion, img_size=(64, 32))
    want = resize_embedding(vit.pos_embed.detach(), (4, 4), (8, 4), 1)
    got = resized.state_dict['backbone.pos_embed']
    assert torch.equal(got, want)
    assert resized.meta['position_grid'] == [8, 4]
    with pytest.raises(ValueError, match='without windows: it is for Swin'):
        resized_conversion(conversion, window_size=5)
