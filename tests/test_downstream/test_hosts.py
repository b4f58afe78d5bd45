"""Configs and modules of other projects."""

from __future__ import annotations

import sys

import pytest

from mmssl.downstream import hosts
from mmssl.downstream.errors import HandOffError
from mmssl.downstream.hosts import host_of, open_host, read_config


def test_read__a_path_with_options(tmp_path):
    (tmp_path / 'a.py').write_text('model = dict(head=dict(num_classes=3))')
    config = read_config(tmp_path / 'a.py', {'model.head.num_classes': 7})
    assert config.model.head.num_classes == 7


def test_read__a_config_of_an_installed_host():
    name = 'mmpretrain::_base_/models/resnet18.py'
    assert read_config(name).model.backbone.depth == 18


def test_read__one_of_ours():
    config = read_config('mmssl::_base_/models/solider_swin_cpu.py')
    assert config.model.backbone.window_size == 4


@pytest.mark.parametrize(
    ('name', 'text'),
    [
        ('mmpretrain::resnet/resnet8_8xb32_in1k.py', 'resnet/resnet'),
        ('mmxyz::a.py', 'mmxyz:: is no project .* mmdet::, mmpose::'),
        ('no/such/file.py', "no config 'no/such/file.py'"),
    ],
)
def test_read__what_is_not_there(name, text):
    with pytest.raises(HandOffError, match=text) as caught:
        read_config(name)
    assert caught.value.kind == 'config'


def test_read__close_names_beside_a_missing_file(tmp_path):
    (tmp_path / 'parsing_r18.py').write_text('')
    with pytest.raises(HandOffError, match=r'close names: .*parsing_r18\.py'):
        read_config(tmp_path / 'parsing_r81.py')


def test_read__a_config_that_is_broken(tmp_path):
    (tmp_path / 'a.py').write_text('model = dict(')
    with pytest.raises(HandOffError, match=r'a\.py cannot be read') as caught:
        read_config(tmp_path / 'a.py')
    assert caught.value.kind == 'config'


def test_read__host_not_installed(monkeypatch):
    monkeypatch.setattr(hosts.importlib.util, 'find_spec', lambda name: None)
    with pytest.raises(HandOffError, match=r'"mmssl\[det\]"') as caught:
        read_config('mmdet::faster_rcnn/faster-rcnn_r50_fpn_1x_coco.py')
    assert caught.value.kind == 'host'


def test_read__the_base_of_a_host_that_is_not_installed(tmp_path, monkeypatch):
    """The config is ours, its base is not there."""
    (tmp_path / 'a.py').write_text("_base_ = 'mmdet::_base_/none.py'")

    def missing(*args, **kwargs):
        raise ImportError('mmdet is not installed')

    monkeypatch.setattr(hosts.Config, 'fromfile', missing)
    with pytest.raises(HandOffError, match='mmdet') as caught:
        read_config(tmp_path / 'a.py')
    assert caught.value.kind == 'host'


def test_host__of_a_config():
    assert host_of({}, 'mmpose::a.py') == 'mmpose'
    with pytest.raises(HandOffError, match='mmdet, mmpose, mmpretrain, mmseg'):
        host_of(dict(default_scope='mmocr'), 'a.py')


@pytest.mark.parametrize(
    ('host', 'extra'), [('mmdet', 'det'), ('mmpose', 'pose'), ('mmseg', 'seg')]
)
def test_open__host_not_installed_names_the_extra(monkeypatch, host, extra):
    monkeypatch.setitem(sys.modules, host, None)
    monkeypatch.setitem(sys.modules, f'{host}.utils', None)
    with pytest.raises(HandOffError) as caught:
        open_host(host, 'the task parsing')
    assert caught.value.kind == 'host'
    assert f'pip install "mmssl[{extra}]"' in str(caught.value)
    assert 'the task parsing needs' in str(caught.value)


def test_open__host_that_refuses_its_mmcv(monkeypatch):
    """Hosts assert the version of mmcv when they are imported."""

    def refuse(module, purpose):
        raise AssertionError('MMCV==2.2.0 is used but incompatible')

    monkeypatch.setattr(hosts, 'require', refuse)
    with pytest.raises(HandOffError, match=r'incompatible\).*mmssl\[det\]'):
        open_host('mmdet', 'detection')
