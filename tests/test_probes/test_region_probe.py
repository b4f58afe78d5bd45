"""What all probes of boxes share: labels in, accuracies out."""

import pytest
import torch
from mmpretrain.structures import DataSample
from torch import nn
from torch.utils.data import DataLoader

from mmssl.models.data_preprocessors.views import ViewsDataPreprocessor
from mmssl.probes.region_probe import RegionProbe


class Guess(RegionProbe):
    """Answers one class, whatever the box, and tells what it was given."""

    def classify(self, bank, rows, classes):
        self.seen = bank, rows, classes
        best = torch.full((len(rows),), 1)
        return {'': best, '_other': best - 1}


class Images(list):
    metainfo = dict(classes=['a', 'b', 'c'])


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Identity()
        self.data_preprocessor = ViewsDataPreprocessor()


def loader(*labels):
    images = Images()
    for number, own in enumerate(labels):
        sample = DataSample()
        sample.gt_boxes = torch.tensor([[0.0, 0, 4, 4]] * len(own))
        sample.set_gt_label(torch.tensor(own))
        image = torch.full((3, 8, 8), 10 * number, dtype=torch.uint8)
        images.append(dict(inputs=image, data_samples=sample))
    return DataLoader(
        images,
        collate_fn=lambda batch: {
            key: [sample[key] for sample in batch] for key in batch[0]
        },
    )


def test_measure__figures_of_each_answer():
    probe = Guess(loader([0, 1, 1], [2]), loader([0], [1, 2]), name='boxes')
    found = probe.measure(Model())
    assert found == dict(
        boxes_top1=50,
        boxes_mean_class=pytest.approx(100 / 3),
        boxes_other_top1=25,
        boxes_other_mean_class=pytest.approx(100 / 3),
    )
    bank, rows, classes = probe.seen
    assert bank.labels.tolist() == [0, 1, 2]
    assert rows.shape == (4, 3)
    assert classes == 3


def test_measure__baselines_have_their_names():
    probe = Guess(loader([0, 1]), loader([0, 1]), baselines=True)
    found = probe.measure(Model())
    assert found['region_chance_top1'] == 50
    assert found['region_place_top1'] == found['region_top1'] == 50
    assert found['region_colour_and_place_other_top1'] == 50


def test_base__has_no_classifier():
    probe = RegionProbe(loader([0]), loader([0]))
    with pytest.raises(NotImplementedError):
        probe.measure(Model())
