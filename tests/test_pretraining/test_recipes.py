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
    for name in ('byol', 'cmp', 'dino', 'scrl', 'solider'):
        assert find_recipe(name).name == name
    valid = "method 'moco'; valid: byol, cmp, dino, scrl, solider"
    with pytest.raises(PretrainError, match=valid):
        find_recipe('moco')


def test_check_request__options_of_other_methods():
    asked = Request(None, Path('x'), crop='96x96')
    find_recipe('dino').check_request(asked)
    find_recipe('scrl').check_request(Request(None, Path('x')))
    with pytest.raises(PretrainError, match='crop is an option of dino and'):
        find_recipe('scrl').check_request(asked)
    with pytest.raises(PretrainError, match=r'init is an option .*cmp has no'):
        find_recipe('cmp').check_request(Request(None, Path('x'), init='/a'))


def test_backbone_of__asked_for_or_by_the_machine():
    def chosen(backbone, gpus):
        return backbone_of(Request(backbone, Path('x')), Machine(8, gpus))

    assert chosen(None, 0) == 'resnet18'
    assert chosen(None, 2) == 'resnet50'
    assert chosen('vgg16', 2) == 'vgg16'


@pytest.mark.parametrize('method', ['byol', 'dino', 'scrl', 'solider'])
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
