import pytest
from mmengine.config import Config

from mmssl.apis.given_backbone import given_backbone
from mmssl.engine.run_config import LaunchError

RESNET = dict(type='ResNet', depth=18)


def test_given_backbone__the_config_goes_first():
    config = Config(dict(model=dict(type='X', backbone=RESNET)))
    assert given_backbone(config, 'vit-small') == RESNET


def test_given_backbone__a_name():
    found = given_backbone(None, 'resnet50')
    assert (found['type'], found['depth']) == ('ResNet', 50)


@pytest.mark.parametrize('given', [None, RESNET])
def test_given_backbone__as_it_is(given):
    assert given_backbone(None, given) == given


def test_given_backbone__a_config_without_one():
    with pytest.raises(LaunchError, match=r'has no model\.backbone'):
        given_backbone(Config(dict(model=dict(type='X'))), None)
