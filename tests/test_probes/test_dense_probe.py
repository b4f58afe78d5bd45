"""Whole probes on toy people, in one process and in two."""

import pytest
import torch
from torch import nn

from mmssl.models.data_preprocessors.views import ViewsDataPreprocessor
from mmssl.probes.dense_baselines import colour_maps
from mmssl.probes.dense_knn_probe import DenseKnnProbe
from mmssl.probes.dense_linear_probe import DenseLinearProbe
from mmssl.probes.dense_probe import checked_lambdas, weighted_name
from mmssl.testing.process_pair import run_in_pair
from mmssl.testing.toy_people import make_toy_people

PIPELINE = [
    dict(type='LoadImageRGB'),
    dict(type='ResizeView', size=(64, 32)),
    dict(type='PackMasks'),
]


@pytest.fixture(scope='module')
def people(tmp_path_factory):
    return make_toy_people(tmp_path_factory.mktemp('people'), n=36)


def loader(folder, indices, batch_size=5, **options):
    return dict(
        batch_size=batch_size,
        dataset=dict(
            type='mmssl.ImageMasks',
            data_root=str(folder),
            img_root='images',
            mask_root='masks',
            classes='labels.json',
            test_mode=True,
            pipeline=PIPELINE,
            indices=indices,
            **options,
        ),
    )


class Colours(nn.Module):
    """A backbone that keeps the image: pooled colours."""

    accepts_semantic_weight = True

    def __init__(self, blind=False):
        super().__init__()
        self.semantic_weight = 0.0
        self.blind = blind

    def forward(self, x):
        cells = nn.functional.avg_pool2d(x, 4)
        if self.blind:
            return (torch.ones_like(cells),)
        # A channel for each eighth of the height and quarter of the width.
        rows, columns = (
            (
                torch.arange(n)[None] * parts // n
                == torch.arange(parts)[:, None]
            )
            for n, parts in zip(cells.shape[2:], (8, 4))
        )
        place = (rows[:, None, :, None] & columns[None, :, None]).float()
        place = place.flatten(0, 1).expand(len(x), -1, -1, -1)
        return (torch.cat([cells, 3 * self.semantic_weight * place], 1),)


class Model(nn.Module):
    def __init__(self, **options):
        super().__init__()
        self.backbone = Colours(**options)
        self.data_preprocessor = ViewsDataPreprocessor()


def probe(kind, folder, **options):
    return kind(loader(folder, -11), loader(folder, 25), **options)


@pytest.mark.parametrize('kind', [DenseKnnProbe, DenseLinearProbe])
def test_measure__tells_good_features_from_bad(people, kind):
    found = probe(kind, people, semantic_weights=(0.0, 1.0)).measure(Model())
    name = probe(kind, people).name
    assert sorted(found) == sorted(
        [
            f'{name}_w{w}_{n}'
            for w in '01'
            for n in ('mean_class', 'miou', 'pixel')
        ]
        + [f'{name}_position_miou']
    )
    # Colour alone, then colour and place, which is what parts are made of.
    assert found[f'{name}_w1_miou'] > found[f'{name}_w0_miou'] + 5
    blind = probe(kind, people).measure(Model(blind=True))
    # One class everywhere: background.
    assert blind[f'{name}_miou'] == pytest.approx(blind[f'{name}_pixel'] / 4)
    assert blind[f'{name}_mean_class'] == pytest.approx(25)
    assert found[f'{name}_w1_miou'] > blind[f'{name}_miou'] + 15
    assert blind[f'{name}_position_miou'] == pytest.approx(
        found[f'{name}_position_miou']
    )


def test_measure__colours_beside_it(people):
    """The same as of a backbone that gives out these very maps."""

    class OwnColours(nn.Module):
        def __init__(self, place):
            super().__init__()
            self.place = place

        def forward(self, x):
            views = (x * 127.5 + 127.5).round().byte()
            return colour_maps(views, (16, 8), self.place)

    found = probe(DenseKnnProbe, people, colours=True).measure(Model())
    plain = probe(DenseKnnProbe, people).measure(Model())
    for place, kind in ((False, 'colour'), (True, 'colour_and_place')):
        model = Model()
        model.backbone = OwnColours(place)
        options = dict(mean=[127.5] * 3, std=[127.5] * 3)
        linear = probe(
            DenseLinearProbe,
            people,
            l2=1e-4,
            max_iter=200,
            normalize=options,
        ).measure(model)
        assert found.pop(f'parsing_knn_{kind}_miou') == pytest.approx(
            linear['parsing_linear_miou']
        )
    assert found == plain


def test_measure__leaves_the_model_as_it_was(people):
    model = Model().train()
    probe(DenseKnnProbe, people, semantic_weights=(0.5,)).measure(model)
    assert model.backbone.training
    assert model.backbone.semantic_weight == 0.0


def test_measure__bounded_number_of_cells(people):
    few = probe(DenseKnnProbe, people, max_cells=50, position=False)
    few.prepare()
    from mmssl.probes.dense_features import DenseExtractor

    (bank,) = few._banks(DenseExtractor(Model()))
    assert len(bank.rows) == 50
    assert sorted(set(bank.images.tolist())) == [*range(25)]
    assert 'parsing_knn_position_miou' not in few.measure(Model())
    with pytest.raises(ValueError, match='max_cells must be at least 1'):
        probe(DenseKnnProbe, people, max_cells=0)


def _measured(rank, folder):
    kinds = (DenseKnnProbe, DenseLinearProbe)
    found = {}
    for kind in kinds:
        # 11 and 25 images: a sampler for two repeats one of each.
        one = probe(kind, folder, max_cells=400, semantic_weights=(0.5, 1))
        found.update(one.measure(Model()))
    return found


def test_measure__two_processes_equal_one(people):
    one, two = run_in_pair(_measured, people)
    assert one == two
    expected = _measured(0, people)
    assert sorted(one) == sorted(expected)
    assert list(one.values()) == pytest.approx(
        [expected[name] for name in one], abs=1e-3
    )


def test_measure__classes_and_masks_that_do_not_fit(people):
    other = loader(people, 5, groups={'a': '*', 'b': ['head']})
    with pytest.raises(
        ValueError, match="label 0 is 'a' in the loader and 'b"
    ):
        DenseKnnProbe(other, loader(people, 5)).prepare()
    plain = loader(people, 5)
    plain['dataset'] = dict(
        type='mmssl.ImageFolder',
        data_root=str(people),
        data_prefix='images',
        pipeline=[*PIPELINE[:2], dict(type='PackViews')],
    )
    with pytest.raises(ValueError, match='ImageFolder names no classes'):
        DenseKnnProbe(plain, plain).prepare()


def test_lambdas():
    assert checked_lambdas([1, 0.25]) == [1.0, 0.25]
    for wrong in ((), (0.5, 0.5)):
        with pytest.raises(ValueError, match='at least one lambda, each once'):
            checked_lambdas(wrong)
    with pytest.raises(ValueError, match=r'in \[0, 1\]'):
        checked_lambdas((2,))
    assert weighted_name('a', 1.0) == 'a_w1'
