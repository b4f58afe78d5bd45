import pytest
import torch

from mmssl.checkpoints.published import convert_published, in_our_names

LAYER3 = {
    f'encoder.6.{block}.conv3.weight': torch.zeros(1) for block in range(6)
}
SCRL = {
    'online_network_state_dict': {'encoder.0.weight': torch.ones(1), **LAYER3},
    'epoch': 3,
}
CMP = {
    'state_dict': {
        'module.image_encoder.layer1.0.conv1.weight': torch.ones(1)
    },
    'step': 7,
}
QKV = 'blocks.0.attn.qkv.weight'
VIT = {
    QKV: torch.ones(6, 2),
    'cls_token': torch.ones(1),
    'patch_embed.proj.weight': torch.ones(2, 3, 8, 8),
}
DINO = {'teacher': {f'backbone.{k}': v for k, v in VIT.items()}}
TABLE = 'stages.0.blocks.0.attn.w_msa.relative_position_bias_table'
SOLIDER = {
    'student': {
        f'module.backbone.{TABLE}': torch.ones(1, 3),
        'module.backbone.patch_embed.projection.weight': torch.ones(
            1, 3, 4, 4
        ),
    },
    'epoch': 9,
}
OURS_VIT = 'backbone.layers.0.attn.qkv.weight'


@pytest.mark.parametrize(
    ('file', 'method', 'says', 'key'),
    [
        (SCRL, 'scrl', 'SCRL or BYOL', 'backbone.conv1.weight'),
        (
            SCRL['online_network_state_dict'],
            'scrl',
            'SCRL or BYOL',
            'backbone.conv1.weight',
        ),
        (CMP, 'cmp', 'CMP', 'backbone.layer1.0.conv1.weight'),
        (CMP['state_dict'], 'cmp', 'CMP', 'backbone.layer1.0.conv1.weight'),
        (VIT, 'dino', 'DINO', OURS_VIT),
        (DINO, 'dino', 'DINO', f'teacher.{OURS_VIT}'),
        (DINO, 'dino', 'DINO', OURS_VIT),
        (SOLIDER, 'solider', 'SOLIDER or its DINO stage', f'backbone.{TABLE}'),
    ],
)
def test_method__seen_from_the_keys_or_given(file, method, says, key):
    for asked in ('auto', method):
        conversion = convert_published(file, asked)
        assert conversion.method == says
        assert conversion.state_dict[key].flatten()[0] == 1


def test_method__another_than_the_files():
    with pytest.raises(ValueError, match='no published CMP checkpoint'):
        convert_published(SCRL, 'cmp')
    with pytest.raises(ValueError, match='no published SCRL or BYOL'):
        convert_published(CMP, 'scrl')
    with pytest.raises(
        ValueError,
        match="'moco'; valid: auto, cmp, dino, scrl, solider, timm",
    ):
        convert_published(CMP, 'moco')
    with pytest.raises(
        ValueError,
        match=r'no published DINO .*published CMP: mmssl convert FILE OUT',
    ):
        convert_published(CMP, 'dino')
    with pytest.raises(ValueError, match='holds resnet50, not resnet101'):
        convert_published(SCRL, arch='resnet101')


@pytest.mark.parametrize('entry', ['mmssl_version', 'mmengine_version'])
def test_our_own_file__is_not_converted_again(entry):
    with pytest.raises(ValueError, match='project already: there is nothing'):
        convert_published({**CMP, 'meta': {entry: '0.3.0'}})


def test_other_files__named():
    with pytest.raises(ValueError, match='holds a list, no checkpoint'):
        convert_published([1, 2])
    for strange in ({'state_dict': [1]}, {'state_dict': {}}, {}):
        with pytest.raises(ValueError, match='no published checkpoint of CMP'):
            convert_published(strange)


def test_bare_resnet__doubt_is_told():
    bare = {
        'conv1.weight': torch.ones(64, 3, 7, 7),
        'layer1.0.conv1.weight': torch.ones(64, 64, 1, 1),
        'layer1.0.conv3.weight': torch.ones(256, 64, 1, 1),
    }
    found = convert_published(bare)
    assert found.method == 'CMP, DINO or another'
    assert 'do not tell' in found.notes[0]
    assert set(found.state_dict) == {f'backbone.{k}' for k in bare}
    for method, says in (('cmp', 'CMP'), ('dino', 'DINO')):
        known = convert_published(bare, method)
        assert known.method == says
        assert known.state_dict.keys() == found.state_dict.keys()
    with_conv5 = {**bare, 'conv5.weight': torch.ones(1)}
    assert convert_published(with_conv5).method == 'CMP'


def test_foreign_files__named_with_the_fix():
    swin = {
        'layers.0.blocks.0.attn.relative_position_bias_table': torch.ones(1)
    }
    for method in ('auto', 'solider', 'dino', 'cmp', 'scrl'):
        with pytest.raises(ValueError, match=r'Microsoft.*--method timm'):
            convert_published({'model': swin}, method)
    with pytest.raises(ValueError, match=r'published SOLIDER.*--method solid'):
        convert_published(
            {
                'teacher': {
                    f'backbone.{TABLE}': torch.ones(1, 3),
                    'head.mlp.0.bias': torch.ones(1),
                }
            },
            'dino',
        )
    with pytest.raises(ValueError, match='state of an optimiser'):
        convert_published({'state': {}, 'param_groups': []})
    classifier = {**VIT, 'head.weight': torch.ones(1)}
    with pytest.raises(ValueError, match=r'a ViT in the names.*--method timm'):
        convert_published(classifier)
    found = convert_published(classifier, 'timm')
    assert found.dropped == {'head.weight': 'the classifier'}


def test_in_our_names__files_with_student_or_teacher_alone():
    for file in (DINO, SOLIDER):
        ours = in_our_names(file)
        want = convert_published(file)
        assert ours['state_dict'].keys() == want.state_dict.keys()
        assert ours['meta']['source'] == want.summary
    for other in (VIT, CMP, SCRL, [1], {}, {**DINO, 'meta': {}}):
        assert in_our_names(other) is other
