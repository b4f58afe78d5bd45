"""Published DINO files, rebuilt by name, against the libraries' networks."""

from __future__ import annotations

import pytest
import torch
from mmpretrain.models import ResNet, VisionTransformer
from torch import nn

from mmssl.checkpoints.dino_official import (
    convert_dino_checkpoint,
    is_dino_checkpoint,
)
from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.cli import run_command
from mmssl.models.necks import DINONeck
from mmssl.testing.golden import named_weight

ARCH = dict(embed_dims=48, num_layers=2, num_heads=4, feedforward_channels=96)


def timm_vit(size=32):
    """The network whose names the published ViT has."""
    module = pytest.importorskip('timm.models.vision_transformer')
    return module.VisionTransformer(
        size, 8, num_classes=0, embed_dim=48, depth=2, num_heads=4, mlp_ratio=2
    )


def drawn(network, name):
    """Give a network's tensors values by their names."""
    state = {
        key: named_weight(f'{name}/{key}', tensor.shape, str(tensor.dtype)[6:])
        for key, tensor in network.state_dict().items()
    }
    network.load_state_dict(state)
    return state


def full_file(backbone, width, wrapped=False):
    """Student and teacher of any backbone, as main_dino.py saves them."""
    file = {'epoch': 800, 'optimizer': {'state': {}}, 'args': {'arch': 'x'}}
    head = DINONeck(width, 32, 8, num_prototypes=10)
    for entry in ('student', 'teacher'):
        before = 'module.' * (wrapped or entry == 'student')
        tensors = {
            f'{before}backbone.{k}': v
            for k, v in drawn(backbone, entry).items()
        }
        for key, value in drawn(head, f'{entry}/head').items():
            tensors[f'{before}head.{key}'] = value
        file[entry] = tensors
    file['dino_loss'] = {'center': torch.ones(1, 10)}
    return file


def filled(module, state, prefix):
    found = {k: v for k, v in state.items() if k.startswith(prefix)}
    module.load_state_dict({k[len(prefix) :]: v for k, v in found.items()})
    module.eval()
    return module


def test_vit__features_are_timms(tmp_path):
    """Through file and command; both networks compute on their own."""
    network = timm_vit()
    file = full_file(network, 48)
    torch.save(file, tmp_path / 'dino.pth')
    words = [str(tmp_path / 'dino.pth'), str(tmp_path / 'ours.pth')]
    assert run_command('convert', words) == 0
    state = load_checkpoint(tmp_path / 'ours.pth')['state_dict']
    images = torch.randn(2, 3, 32, 32, generator=torch.manual_seed(1))
    for entry, root in (('student', ''), ('teacher', 'teacher.')):
        drawn(network, entry)
        ours = VisionTransformer(ARCH, img_size=32, patch_size=8)
        filled(ours, state, f'{root}backbone.')
        filled(DINONeck(48, 32, 8, num_prototypes=10), state, f'{root}neck.')
        with torch.no_grad():
            want = network.eval()(images)
            torch.testing.assert_close(ours(images)[0], want)
    assert torch.equal(state['head.center'], torch.ones(1, 10))


@pytest.mark.parametrize('wrapped', [False, True])
def test_full__every_key_of_a_vit_has_its_place(wrapped):
    file = full_file(timm_vit(), 48, wrapped)
    conversion = convert_dino_checkpoint(file)
    net = VisionTransformer(ARCH, img_size=32, patch_size=8)
    neck = DINONeck(48, 32, 8, num_prototypes=10)
    want = {'head.center'}
    for root in ('', 'teacher.'):
        want |= {f'{root}backbone.{k}' for k in net.state_dict()}
        want |= {f'{root}neck.{k}' for k in neck.state_dict()}
    assert set(conversion.state_dict) == want
    for old, new in conversion.renamed.items():
        entry, key = old.split('/')
        assert conversion.state_dict[new] is file[entry][key]
    assert conversion.meta == {
        'kind': 'full',
        'arch': 'ViT of 48 channels',
        'epoch': 800,
        'patch_size': 8,
        'prototypes': 10,
    }
    assert set(conversion.dropped) == {'args', 'epoch', 'optimizer'}
    assert 'full checkpoint' in conversion.summary
    assert 'patches of 8 px' in conversion.summary


def meta_state(network):
    return {
        k: torch.empty_like(v, device='meta')
        for k, v in network.state_dict().items()
    }


@pytest.mark.parametrize(
    ('name', 'arch', 'patch'),
    [
        ('vit_small_patch16_224', 'vit_small', 16),
        ('vit_small_patch8_224', 'vit_small', 8),
        ('vit_base_patch16_224', 'vit_base', 16),
    ],
)
def test_backbone_only__the_published_sizes(name, arch, patch):
    timm = pytest.importorskip('timm')
    with torch.device('meta'):
        state = timm.create_model(name, num_classes=0).state_dict()
    assert is_dino_checkpoint(state)
    conversion = convert_dino_checkpoint(state, arch)
    assert conversion.meta['kind'] == 'backbone'
    assert conversion.meta['arch'] == arch
    assert conversion.meta['patch_size'] == patch
    assert conversion.meta['prototypes'] is None
    names = {key[len('backbone.') :] for key in conversion.state_dict}
    kind = f'deit-{arch[4:]}'
    with torch.device('meta'):
        ours = VisionTransformer(kind, patch_size=patch)
    assert names == set(ours.state_dict())
    assert 'starts it as a copy' in conversion.notes[0]
    with pytest.raises(ValueError, match=f'holds {arch}, not resnet50'):
        convert_dino_checkpoint(state, 'resnet50')


def test_resnet50__bare_and_full():
    bare = meta_state(ResNet(50))
    assert not is_dino_checkpoint(bare)  # CMP, torchvision, ...
    conversion = convert_dino_checkpoint(bare)
    assert conversion.meta['arch'] == 'resnet50'
    assert conversion.meta['patch_size'] is None
    assert set(conversion.state_dict) == {f'backbone.{k}' for k in bare}
    teacher = {f'module.backbone.{k}': v for k, v in bare.items()}
    assert is_dino_checkpoint({'teacher': teacher})
    conversion = convert_dino_checkpoint({'teacher': teacher})
    assert conversion.meta['kind'] == 'teacher'
    assert len(conversion.state_dict) == 2 * len(bare)
    conversion = convert_dino_checkpoint({'teacher': teacher}, 'resnet50')
    assert conversion.summary == 'teacher checkpoint, resnet50'


def test_batch_norm_in_the_head__its_names_are_ours():
    bare = meta_state(timm_vit())
    neck = meta_state(DINONeck(48, 32, 8, num_prototypes=10, use_bn=True))
    student = {f'module.backbone.{k}': v for k, v in bare.items()}
    student.update({f'module.head.{k}': v for k, v in neck.items()})
    state = convert_dino_checkpoint({'student': student}).state_dict
    assert {k for k in state if k[:5] == 'neck.'} == {
        f'neck.{k}' for k in neck
    }


def test_bad_files__named():
    bare = meta_state(timm_vit())
    classifier = {**bare, 'head.weight': torch.ones(1)}
    assert not is_dino_checkpoint(classifier)
    with pytest.raises(ValueError, match=r'1 keys .*with a ViT: head\.weig'):
        convert_dino_checkpoint(classifier)
    with pytest.raises(ValueError, match=r'no published DINO .*\[\'a\'\]'):
        convert_dino_checkpoint({'a': torch.ones(1)})
    with pytest.raises(ValueError, match='valid: auto, resnet50, vit_base'):
        convert_dino_checkpoint(bare, 'swin_tiny')
    with pytest.raises(ValueError, match="'teacher' holds no tensors, but 3"):
        convert_dino_checkpoint({'teacher': 3})
    assert not is_dino_checkpoint({'teacher': 3})
    odd = {f'backbone.{k}': v for k, v in meta_state(nn.Linear(1, 1)).items()}
    assert not is_dino_checkpoint({'teacher': odd})
