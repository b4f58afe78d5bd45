"""The whole probe: boxes of colours, and boxes of places."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from mmssl.models.data_preprocessors.views import ViewsDataPreprocessor
from mmssl.probes.region_linear_probe import RegionLinearProbe
from mmssl.registry import TASK_UTILS
from mmssl.testing.process_pair import run_in_pair
from mmssl.testing.toy_images import write_photo

COLOURS = ((200, 60, 60), (60, 200, 60), (130, 130, 130))


class Model(nn.Module):
    def __init__(self, blind=False):
        super().__init__()
        self.backbone = Blind() if blind else nn.Identity()
        self.data_preprocessor = ViewsDataPreprocessor()


class Blind(nn.Module):
    def forward(self, x):
        return torch.ones_like(x)


def write(folder, name, n, seed):
    """Boxes of three classes by colour, the first twice as often."""
    rng = np.random.default_rng(seed)
    images, annotations = [], []
    for i in range(n):
        image = rng.integers(0, 255, (32, 64, 3), dtype=np.uint8)
        for place in range(3):
            c = int(rng.choice([0, 0, 1, 2]))
            x, y = 21 * place + int(rng.integers(0, 6)), int(rng.integers(16))
            image[y : y + 14, x : x + 14] = COLOURS[c]
            annotations.append(
                dict(
                    **dict(id=len(annotations), image_id=i, category_id=c),
                    bbox=[x + 1, y + 1, 12, 12],
                )
            )
        write_photo(folder / name / f'{i}.jpg', image)
        images.append(dict(id=i, file_name=f'{i}.jpg', width=64, height=32))
    content = dict(
        images=images,
        annotations=annotations,
        categories=[dict(id=c, name=f'c{c}') for c in range(3)],
    )
    (folder / f'{name}.json').write_text(json.dumps(content))


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp('boxes')
    write(folder, 'train', 14, 0)
    write(folder, 'val', 9, 1)
    return [
        dict(
            batch_size=2,
            dataset=dict(
                type='mmssl.CocoRegions',
                ann_file=f'{name}.json',
                img_root=name,
                data_root=str(folder),
                pipeline=[
                    dict(type='mmssl.LoadImageRGB'),
                    dict(type='mmssl.PackRegions'),
                ],
                test_mode=True,
            ),
        )
        for name in ('val', 'train')
    ]


def test_measure__tells_colours_and_says_what_places_tell(data):
    found = RegionLinearProbe(*data).measure(Model())
    assert found['region_linear_top1'] == 100
    assert found['region_linear_mean_class'] == 100
    assert found['region_linear_colour_and_place_top1'] == 100
    assert found['region_linear_place_top1'] < 70
    file = Path(data[0]['dataset']['data_root'], 'val.json')
    boxes = json.loads(file.read_text())['annotations']
    labels = [box['category_id'] for box in boxes]
    share = 100 * labels.count(0) / len(labels)
    assert found['region_linear_chance_top1'] == pytest.approx(share)
    assert found['region_linear_chance_mean_class'] == pytest.approx(100 / 3)
    blind = RegionLinearProbe(*data).measure(Model(blind=True))
    assert blind['region_linear_top1'] == pytest.approx(share)
    for kind in ('place', 'colour_and_place', 'chance'):
        key = f'region_linear_{kind}_mean_class'
        assert blind[key] == found[key]


def test_measure__without_baselines_and_with_a_chosen_penalty(data):
    found = RegionLinearProbe(*data, l2=None, baselines=False).measure(Model())
    assert found == dict(region_linear_top1=100, region_linear_mean_class=100)


def _measured(rank, data):
    return RegionLinearProbe(*data).measure(Model())


@pytest.mark.slow
def test_measure__two_processes_equal_one(data):
    one, two = run_in_pair(_measured, data)
    assert one == two == pytest.approx(_measured(0, data))


def test_build__mistakes():
    config = dict(type='mmssl.RegionLinearProbe', loader=0, bank_loader=0)
    with pytest.raises(ValueError, match='l2 must be > 0'):
        TASK_UTILS.build(dict(config, l2=0))
