from pathlib import Path

import pytest

from mmssl.pretraining.data_folder import DataFolder, PretrainError
from mmssl.pretraining.recipes import Choice, find_recipe


def test_find_recipe__by_name():
    assert find_recipe('cmp').name == 'cmp'
    with pytest.raises(PretrainError, match="method 'byol'; valid: cmp"):
        find_recipe('byol')


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
