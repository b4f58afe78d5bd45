import pytest
import torch
from mmpretrain.models.backbones import ResNet

from mmssl.probes.checkpoint_backbone import CheckpointBackbone
from mmssl.probes.parsing_comparison import ParsingComparison
from mmssl.probes.parsing_options import ParsingOptions
from mmssl.probes.parsing_set import ParsingSet, make_splits

FOUND = CheckpointBackbone(
    'a.pth',
    '',
    dict(type='SemanticResNet', depth=18, base_channels=8, stem_channels=8),
    'ResNet-18',
    'names',
)


@pytest.fixture(scope='module')
def data():
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (8, 3, 32, 32), generator=generator).byte()
    masks = [(image[0, ::2, ::2] > 128).to(torch.int8) for image in images]
    return ParsingSet(images, masks, ('a', 'b'))


def comparison(data, weights=(None,), **options):
    options = ParsingOptions(size=(32, 32), k=3, l2=0.1, seeds=2, **options)
    splits = make_splits(8, 0.25, (0, 1))
    return ParsingComparison(data, splits, FOUND, list(weights), options)


def test_random__a_network_for_each_seed_at_each_lambda(data):
    judge = comparison(data, (0.0, 1.0), stages=(0,), device='cpu')
    rows = judge.of_random()
    assert [(r.classifier, r.semantic_weight) for r in rows] == [
        ('linear', 0.0),
        ('3-NN', 0.0),
        ('linear', 1.0),
        ('3-NN', 1.0),
    ]
    assert all(len(row.scores) == 2 for row in rows)
    assert judge.hw == (8, 8)
    names = [row.classifier for row in judge.of_baselines()]
    assert names[-1] == 'most frequent class'
    from pathlib import Path

    told = judge.told(Path('people'), None)
    assert '6 images of people, judged on 2 others, 2 seeds' in told
    assert told.endswith('32 x 32 px, 8 x 8 cells')


def test_checkpoint__statistics_of_the_images(data):
    torch.manual_seed(0)
    net = ResNet(18, base_channels=8, stem_channels=8)
    loaded = dict(state_dict=net.state_dict())
    plain = ParsingComparison(
        data,
        make_splits(8, 0.25, (0, 1)),
        CheckpointBackbone(
            'd/a.pth',
            '',
            dict(type='ResNet', depth=18, base_channels=8, stem_channels=8),
            '',
            '',
        ),
        [None],
        ParsingOptions(size=(32, 32), k=3, l2=0.1, statistics='batch'),
    )
    rows = plain.of_checkpoint(loaded)
    assert [row.backbone for row in rows] == ['a.pth', 'a.pth']
    assert plain.hw == (1, 1)
    with pytest.raises(ValueError, match='without a semantic backbone'):
        ParsingComparison(
            data, plain.splits, plain.found, [0.5], plain.options
        ).of_checkpoint(loaded)
