from pathlib import Path

import pytest

from mmssl.pretraining.data_folder import DataFolder, PretrainError
from mmssl.pretraining.machine import Machine
from mmssl.pretraining.recipes import (
    Choice,
    Request,
    backbone_of,
    find_recipe,
)


def test_find_recipe__by_name():
    for name in ('byol', 'cmp', 'scrl'):
        assert find_recipe(name).name == name
    valid = "method 'dino'; valid: byol, cmp, scrl"
    with pytest.raises(PretrainError, match=valid):
        find_recipe('dino')


def test_backbone_of__asked_for_or_by_the_machine():
    def chosen(backbone, gpus):
        return backbone_of(Request(backbone, Path('x')), Machine(8, gpus))

    assert chosen(None, 0) == 'resnet18'
    assert chosen(None, 2) == 'resnet50'
    assert chosen('vgg16', 2) == 'vgg16'


@pytest.mark.parametrize('method', ['byol', 'scrl'])
def test_check__videos_are_no_images(method):
    recipe = find_recipe(method)
    recipe.check(DataFolder('images', Path('x'), num_train=9))
    for kind in ('pairs', 'videos'):
        with pytest.raises(
            PretrainError,
            match=rf'x holds {kind}, and {method} learns from images.*ffmpeg',
        ):
            recipe.check(DataFolder(kind, Path('x')))


def test_check__images_show_no_motion():
    recipe = find_recipe('cmp')
    for kind in ('pairs', 'videos'):
        recipe.check(DataFolder(kind, Path('x')))
    with pytest.raises(
        PretrainError,
        match=r'x holds single images \(in a, b\), no videos, and cmp learns '
        'from pairs and videos.*frames of one video each',
    ):
        recipe.check(DataFolder('images', Path('x'), ('a', 'b')))


def test_choice__in_words():
    text = str(Choice('lr', '0.1', 'as asked'))
    assert text == 'lr         0.1: as asked'
