"""A whole parsing probe on toy people."""

import json
import shutil

import pytest
import torch
from mmpretrain.models.backbones import ResNet

from mmssl.apis.parsing_probe import ParsingOptions, parsing_probe
from mmssl.evaluation.sweep_metrics import numbers_of
from mmssl.models.backbones import SemanticResNet
from mmssl.testing.toy_people import make_toy_people

NET = dict(depth=18, base_channels=8, stem_channels=8)
SMALL = dict(
    size=(64, 32),
    stages=(1,),
    k=5,
    l2=0.1,
    max_cells=300,
    backbone=dict(type='ResNet', **NET),
)


@pytest.fixture(scope='module')
def people(tmp_path_factory):
    return make_toy_people(tmp_path_factory.mktemp('people'), n=15)


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp('weights') / 'net.pth'
    torch.save(ResNet(**NET).state_dict(), path)
    return path


def run(people, checkpoint, options=None, **kwargs):
    return parsing_probe(
        checkpoint,
        people / 'images',
        people / 'masks',
        people / 'labels.json',
        options=ParsingOptions(**{**SMALL, **(options or {})}),
        **kwargs,
    )


@pytest.mark.slow
def test_probe__table_and_file(people, checkpoint, tmp_path):
    result = run(people, checkpoint, dict(seeds=2), beside_random=True)
    names = [(row.backbone, row.classifier) for row in result.rows]
    assert names[:4] == [
        ('net.pth', 'linear'),
        ('net.pth', '5-NN'),
        ('random weights', 'linear'),
        ('random weights', '5-NN'),
    ]
    assert len(names) == 9
    table = result.table()
    assert 'ResNet (student, by the given config); ' in table
    assert '12 images of ' in table
    assert '64 x 32 px, 8 x 4 cells' in table
    assert table.endswith('mean over 4 classes')
    content = json.loads(result.save(tmp_path / 'a' / 'b.json').read_text())
    assert content['seeds'] == [0, 1]
    assert content['cells'] == [8, 4]
    assert content['rows'][0]['miou'] == result.rows[0].mean('miou')
    numbers = numbers_of(content, 'parsing')
    assert numbers['parsing/linear/miou'] == result.rows[0].mean('miou')
    assert numbers['parsing/linear/iou/background'] > 50
    again = run(people, checkpoint, dict(seeds=2), beside_random=True)
    assert again.table() == table


def test_probe__classes_that_the_judged_images_lack(
    people, checkpoint, tmp_path
):
    more = shutil.copytree(people / 'images', tmp_path / 'more')
    groups = {'rest': '*', 'legs': ['lower body'], 'ignored': ['head']}
    result = run(
        people,
        checkpoint,
        groups=groups,
        val=more,
        val_masks=people / 'masks',
    )
    assert result.classes == ('rest', 'legs')
    assert f'judged on 15 of {more}' in result.told
    names = ['background', 'head', 'upper body', 'lower body', 'tail']
    other = parsing_probe(
        checkpoint,
        people / 'images',
        people / 'masks',
        names,
        options=ParsingOptions(**SMALL),
    )
    assert other.absent == ('tail',)
    assert 'mean over 4 classes; not in the judged images: tail' in (
        other.table()
    )


@pytest.mark.slow
def test_probe__at_several_lambdas(people, tmp_path):
    torch.manual_seed(0)
    net = SemanticResNet(**NET)
    torch.save(net.state_dict(), tmp_path / 'semantic.pth')
    options = dict(
        semantic_weights=(0, 1),
        backbone=dict(type='SemanticResNet', **NET),
        stages=(2,),
    )
    result = run(people, tmp_path / 'semantic.pth', options)
    found = {
        (row.classifier, row.semantic_weight): row.mean('miou')
        for row in result.rows[:4]
    }
    assert sorted(found) == [
        ('5-NN', 0.0),
        ('5-NN', 1.0),
        ('linear', 0.0),
        ('linear', 1.0),
    ]
    only = run(
        people, tmp_path / 'semantic.pth', dict(options, semantic_weights=[1])
    )
    assert only.rows[0].mean('miou') == found['linear', 1.0]
