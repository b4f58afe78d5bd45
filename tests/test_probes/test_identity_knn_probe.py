"""The whole probe on pictures of known identities, cameras and colours."""

import numpy as np
import pytest
import torch
from torch import nn

from mmssl.evaluation.retrieval import Pictures, retrieval_scores
from mmssl.models.data_preprocessors.views import ViewsDataPreprocessor
from mmssl.probes.identity_knn_probe import IdentityKnnProbe
from mmssl.registry import TASK_UTILS
from mmssl.testing.process_pair import run_in_pair
from mmssl.testing.toy_images import write_photo

PEOPLE = 5


class Model(nn.Module):
    """Its maps are the image, in two sizes."""

    def __init__(self, blind=False):
        super().__init__()
        self.backbone = Backbone(blind)
        self.data_preprocessor = ViewsDataPreprocessor()


class Backbone(nn.Module):
    def __init__(self, blind):
        super().__init__()
        self.blind = blind

    def forward(self, x):
        x = torch.ones_like(x) if self.blind else x
        return nn.functional.avg_pool2d(x, 2), x


def write(folder, name, person, camera, number, rng):
    """A person's own colours above and below; noise of the camera."""
    colours = np.random.default_rng(person).integers(60, 200, (2, 3))
    image = np.repeat(colours, 8, 0)[:, None].repeat(8, 1)
    noisy = image + rng.integers(-9, 9, image.shape) + 4 * camera
    file = f'{person:04d}_c{camera}s1_{number:06d}_00.png'
    write_photo(folder / name / file, noisy.astype(np.uint8))


@pytest.fixture(scope='module')
def market(tmp_path_factory):
    folder, rng = tmp_path_factory.mktemp('market'), np.random.default_rng(0)
    for person in range(1, PEOPLE + 1):
        write(folder, 'query', person, 1, 0, rng)
        for camera in (1, 2, 3)[: 1 if person == 5 else 3]:
            write(folder, 'gallery', person, camera, camera, rng)
    write(folder, 'gallery', 0, 2, 9, rng)
    junk = folder / 'gallery' / '-1_c2s1_000000_00.png'
    write_photo(junk, np.full((16, 8, 3), 99, np.uint8))
    return folder


def loader(folder, name, **options):
    return dict(
        batch_size=3,
        dataset=dict(
            type='mmssl.Identities',
            data_root=str(folder),
            data_prefix=name,
            test_mode=True,
            pipeline=[
                dict(type='LoadImageRGB'),
                dict(type='ResizeView', size=(16, 8)),
                dict(type='PackViews'),
            ],
            **options,
        ),
    )


def probe(folder, **options):
    return IdentityKnnProbe(
        loader(folder, 'query'), loader(folder, 'gallery'), **options
    )


def test_measure__finds_people_by_their_colours(market):
    found = probe(market).measure(Model())
    assert found['identity_knn_map'] == pytest.approx(100)
    assert found['identity_knn_rank1'] == 100
    # Person 5 was seen by the query's own camera only.
    assert found['identity_knn_queries'] == 4
    assert found['identity_knn_unmatched'] == 1
    assert found['identity_knn_colour_map'] > 70
    # 13 pictures and a distractor, less the query's own camera.
    assert found['identity_knn_chance_rank1'] == pytest.approx(100 * 2 / 13)
    assert set(found) == {
        f'identity_knn_{key}'
        for key in (
            *('map', 'rank1', 'rank5', 'rank10', 'queries', 'unmatched'),
            *('colour_map', 'colour_rank1', 'chance_map', 'chance_rank1'),
        )
    }


def test_measure__blind_features_keep_the_order_of_the_gallery(market):
    blind = probe(market, ranks=(1,)).measure(Model(blind=True))
    seen = probe(market, ranks=(1,)).measure(Model())
    # 0000, 0001 (less camera 1), 0002, ...: places of the two matches.
    places = [(2, 3), (5, 6), (8, 9), (11, 12)]
    expected = np.mean([(1 / a + 2 / b) / 2 for a, b in places])
    assert blind['identity_knn_map'] == pytest.approx(100 * expected)
    assert blind['identity_knn_rank1'] == 0
    for key in ('colour_map', 'chance_map'):
        key = f'identity_knn_{key}'
        assert blind[key] == seen[key]


def test_measure__equals_features_taken_by_hand(market):
    one = probe(market, stages=(0, 1), baselines=False)
    found = one.measure(Model())
    assert not any('colour' in key or 'chance' in key for key in found)
    sides = []
    for built in (one.loader, one.bank_loader):
        images = torch.stack([s['inputs'][0] for s in built.dataset])
        mean = torch.tensor([123.675, 116.28, 103.53]).view(3, 1, 1)
        std = torch.tensor([58.395, 57.12, 57.375]).view(3, 1, 1)
        pooled = ((images - mean) / std).mean((2, 3))
        both = torch.cat([nn.functional.normalize(pooled)] * 2, 1)
        numbers = built.dataset.get_identities(), built.dataset.get_cameras()
        sides.append(Pictures(both, *map(torch.from_numpy, numbers)))
    expected = retrieval_scores(*sides)
    assert found['identity_knn_map'] == pytest.approx(expected.mean_ap)


def _measured(rank, folder):
    return probe(folder).measure(Model())


def test_measure__two_processes_equal_one(market):
    one, two = run_in_pair(_measured, market)
    assert one == two == pytest.approx(_measured(0, market))


def test_build__by_config_and_mistakes(market):
    config = dict(type='mmssl.IdentityKnnProbe', bank_loader=None)
    images = loader(market, 'query')
    images['dataset'].update(type='mmssl.ImageFolder')
    built = TASK_UTILS.build(dict(config, loader=images))
    with pytest.raises(ValueError, match='ImageFolder does not know who'):
        built.prepare()
    with pytest.raises(ValueError, match='ranks must be'):
        TASK_UTILS.build(dict(config, loader=None, ranks=(0,)))
