"""The whole probe on files: coloured boxes on grey."""

import json

import numpy as np
import pytest
from torch import nn

from mmssl.models.data_preprocessors.views import ViewsDataPreprocessor
from mmssl.models.regions import RoIRegions
from mmssl.probes.region_knn_probe import RegionKnnProbe
from mmssl.registry import TASK_UTILS
from mmssl.testing.process_pair import run_in_pair
from mmssl.testing.toy_images import write_photo

COLOURS = ((200, 60, 60), (60, 200, 60), (60, 60, 200))


class Model(nn.Module):
    """Its map is the image at stride 1, and a second one that is constant."""

    def __init__(self):
        super().__init__()
        self.backbone = nn.Identity()
        self.data_preprocessor = ViewsDataPreprocessor()
        self.region = RoIRegions(stride=1)


def write(folder, name, n, wrong=()):
    """Write ``n`` images with one box of each class but the third's image.

    Boxes whose number is in ``wrong`` have the next class's colour.
    """
    rng = np.random.default_rng(len(name))
    images, annotations = [], []
    for i in range(n):
        image = rng.integers(100, 140, (40, 64, 3), dtype=np.uint8)
        for c in range(3 - (i == 2)):
            x, y, number = 20 * c + 2, int(rng.integers(2, 20)), 3 * i + c
            colour = COLOURS[(c + (number in wrong)) % 3]
            image[y : y + 12, x : x + 12] = colour
            box = [x + 1, y + 1, 10, 10]
            annotations.append(
                dict(id=number, image_id=i, category_id=c + 1, bbox=box)
            )
        write_photo(folder / name / f'{i}.png', image)
        images.append(dict(id=i, file_name=f'{i}.png', width=64, height=40))
    categories = [dict(id=c + 1, name=f'c{c}') for c in range(3)]
    content = dict(
        images=images, annotations=annotations, categories=categories
    )
    (folder / f'{name}.json').write_text(json.dumps(content))


def loader(folder, name):
    return dict(
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


@pytest.fixture
def data(tmp_path):
    write(tmp_path, 'bank', 4)
    write(tmp_path, 'val', 5, wrong=(1, 9))
    return loader(tmp_path, 'val'), loader(tmp_path, 'bank')


# of 14 boxes, one of class 1 and one of class 0 look like another class;
# there are 5, 5 and 4 of the classes
EXPECTED = dict(
    region_knn_top1=pytest.approx(100 * 12 / 14),
    region_knn_mean_class=pytest.approx(100 * (4 / 5 + 4 / 5 + 1) / 3),
)


def test_measure__boxes_of_another_colour_are_wrong(data):
    probe = TASK_UTILS.build(
        dict(
            type='mmssl.RegionKnnProbe',
            loader=data[0],
            bank_loader=data[1],
            k=(3, 11),
        )
    )
    found = probe.measure(Model())
    assert {k: v for k, v in found.items() if '11' not in k} == EXPECTED
    assert set(found) - set(EXPECTED) == {
        'region_knn11_top1',
        'region_knn11_mean_class',
    }


def test_measure__a_region_of_the_model(data):
    probe = RegionKnnProbe(*data, k=3, region='region')
    assert probe.measure(Model()) == EXPECTED
    with pytest.raises(ValueError, match="no module 'fpn'; it has backbone"):
        RegionKnnProbe(*data, region='fpn').measure(Model())
    wrong = RegionKnnProbe(
        *data, region=dict(type='mmssl.RoIRegions', stride=7)
    )
    with pytest.raises(ValueError, match='stride'):
        wrong.measure(Model())


def test_measure__a_class_that_is_not_there(data):
    with pytest.raises(ValueError, match='got 2: set num_classes'):
        RegionKnnProbe(*data, num_classes=2).measure(Model())


def test_prepare__says_whose_loader_is_wrong(data):
    with pytest.raises(ValueError, match="region_knn: bank_loader needs 'da"):
        RegionKnnProbe(data[0], dict(batch_size=1)).prepare()
    with pytest.raises(ValueError, match='k must be >= 1'):
        RegionKnnProbe(*data, k=0)


def _measured(rank, data):
    return RegionKnnProbe(*data, k=3).measure(Model())


def test_measure__two_processes(data):
    found = run_in_pair(_measured, data)
    assert found == [EXPECTED, EXPECTED]
