"""The whole probe on people of dots, in one process and in two."""

import numpy as np
import pytest
import torch
from torch import nn

from mmssl.evaluation.keypoint_scores import keypoint_distances, pck
from mmssl.models.data_preprocessors.views import ViewsDataPreprocessor
from mmssl.probes.keypoint_fit import fit_keypoints
from mmssl.probes.keypoint_linear_probe import (
    KeypointLinearProbe,
    mean_keypoints,
)
from mmssl.registry import TASK_UTILS
from mmssl.testing.process_pair import run_in_pair
from mmssl.testing.toy_keypoints import make_toy_keypoints


class Dots(nn.Module):
    """A backbone that knows the colours of the dots, or nothing."""

    def __init__(self, blind=False):
        super().__init__()
        self.blind = blind
        colours = np.random.default_rng(3).integers(0, 256, (17, 3))
        mean = np.array([123.675, 116.28, 103.53])
        std = np.array([58.395, 57.12, 57.375])
        ready = torch.from_numpy((colours - mean) / std).float()
        self.register_buffer('colours', ready)

    def forward(self, x):
        near = (x[:, None] - self.colours[:, :, None, None]).square().sum(2)
        found = nn.functional.max_pool2d((-near).exp(), 4)
        return (torch.ones_like(found) if self.blind else found,)


class Model(nn.Module):
    def __init__(self, **options):
        super().__init__()
        self.backbone = Dots(**options)
        self.data_preprocessor = ViewsDataPreprocessor()


@pytest.fixture(scope='module')
def people(tmp_path_factory):
    folder = tmp_path_factory.mktemp('people')
    make_toy_keypoints(folder, n=45)
    make_toy_keypoints(folder, n=11, name='val', seed=1)
    return folder


def loader(folder, name, size=(64, 32)):
    return dict(
        batch_size=16,
        dataset=dict(
            type='mmssl.PersonKeypoints',
            ann_file=f'{name}.json',
            img_root=name,
            data_root=str(folder),
            test_mode=True,
            pipeline=[
                dict(type='LoadImageRGB'),
                dict(type='CropPerson', size=size),
                dict(type='PackKeypoints'),
            ],
        ),
    )


def probe(folder, **options):
    options = {'max_iter': 15, **options}
    return KeypointLinearProbe(
        loader(folder, 'val'), loader(folder, 'train'), **options
    )


@pytest.fixture(scope='module')
def found(people):
    return probe(people).measure(Model())


def test_measure__tells_good_maps_from_bad(people, found):
    name = 'keypoints_linear'
    figures = ('pck0.05', 'pck0.1', 'pck0.2', 'oks', 'ap')
    beside = ('', 'place_', 'colour_', 'colour_and_place_')
    assert set(found) == {f'{name}_{b}{f}' for b in beside for f in figures}
    assert found[f'{name}_pck0.1'] > found[f'{name}_place_pck0.1'] + 10
    assert found[f'{name}_oks'] > found[f'{name}_place_oks'] + 10
    blind = probe(people, thresholds=(0.1,)).measure(Model(blind=True))
    assert found[f'{name}_pck0.1'] > blind[f'{name}_pck0.1'] + 40
    for kind in beside[1:]:
        key = f'{name}_{kind}pck0.1'
        assert blind[key] == found[key]


def test_measure__equals_its_parts_put_together(people, found):
    built = probe(people, baselines=False)
    assert len(built.measure(Model())) == 5
    model, sets = Model(), []
    for one in (built.bank_loader, built.loader):
        samples = list(one.dataset)
        views = torch.stack([s['inputs'][0] for s in samples])
        ready = model.data_preprocessor(dict(inputs=[views]))['inputs'][0]
        data = [s['data_samples'] for s in samples]
        points = torch.stack([d.keypoints for d in data])
        sizes = torch.cat([d.person_size for d in data])
        sets.append((model.backbone(ready)[0], points, sizes))
    (maps, points, _), (val, true, sizes) = sets
    places = points[..., :2] / torch.tensor([32.0, 64.0])
    fit = fit_keypoints(maps, places, points[..., 2] > 0, max_iter=15)
    far = keypoint_distances(fit.predict(val, (64, 32)), true)
    expected = pck(far, sizes, 0.1)
    assert found['keypoints_linear_pck0.1'] == pytest.approx(expected)
    mean = (places * (points[..., 2:] > 0)).sum(0)
    mean = mean / (points[..., 2] > 0).sum(0)[:, None]
    guess = (mean * torch.tensor([32.0, 64.0])).expand(len(true), -1, -1)
    expected = pck(keypoint_distances(guess, true), sizes, 0.1)
    assert found['keypoints_linear_place_pck0.1'] == pytest.approx(expected)


def _measured(rank, folder):
    # 14 and 60 people, shared out to two.
    return probe(folder).measure(Model())


@pytest.mark.slow
def test_measure__two_processes_equal_one(people, found):
    one, two = run_in_pair(_measured, people)
    assert one == two == pytest.approx(found, abs=0.5)


def test_mean__of_labelled_keypoints():
    points = torch.zeros(2, 3, 3)
    points[0, 0], points[1, 0] = torch.tensor([[2, 4, 2], [4, 6, 1.0]])
    points[1, 1] = torch.tensor([9, 9, 2.0])
    # The third, never labelled: the mean of the three that are.
    expected = torch.tensor([[3, 5, 1], [9, 9, 1], [5, 19 / 3, 1]])
    torch.testing.assert_close(mean_keypoints(points), expected)


def test_mistakes(people):
    other = KeypointLinearProbe(
        loader(people, 'val'), loader(people, 'train', (32, 32))
    )
    with pytest.raises(ValueError, match=r'got \(64, 32\) and \(32, 32\)'):
        other.measure(Model())
    config = dict(type='mmssl.KeypointLinearProbe', loader=0, bank_loader=0)
    with pytest.raises(ValueError, match='thresholds and l2'):
        TASK_UTILS.build(dict(config, l2=0))
    with pytest.raises(ValueError, match='thresholds and l2'):
        TASK_UTILS.build(dict(config, thresholds=(0, 1)))
