import pytest
import torch

from mmssl.checkpoints.published import convert_published

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
    ],
)
def test_method__seen_from_the_keys_or_given(file, method, says, key):
    for asked in ('auto', method):
        conversion = convert_published(file, asked)
        assert conversion.method == says
        assert conversion.state_dict[key].item() == 1


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
