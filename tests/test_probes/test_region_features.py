import numpy as np
import pytest
import torch
from mmengine.dataset import pseudo_collate
from mmpretrain.structures import DataSample
from torch import nn
from torch.utils.data import DataLoader
from torchvision.ops import roi_align

from mmssl.models.data_preprocessors.views import ViewsDataPreprocessor
from mmssl.models.regions import RoIRegions
from mmssl.probes.features import FeatureExtractor
from mmssl.probes.region_features import extract_regions


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(3, 5, 4, stride=4), nn.BatchNorm2d(5)
        )
        self.data_preprocessor = ViewsDataPreprocessor()


class Regions(list):
    """Images of different sizes, each with some labelled boxes."""

    def __init__(self, *counts, boxes=True, labels=True):
        for i, count in enumerate(counts):
            rng = np.random.default_rng(i)
            height, width = 20 + 8 * i, 44 - 8 * i
            image = rng.integers(256, size=(3, height, width), dtype=np.uint8)
            low = rng.uniform(0, 8, (count, 2))
            high = low + rng.uniform(4, 12, (count, 2))
            sample = DataSample(metainfo=dict(img_path=f'{i}.jpg'))
            if boxes:
                both = np.concatenate([low, high], 1).astype(np.float32)
                sample.gt_boxes = torch.from_numpy(both)
            if labels:
                known = rng.integers(3, size=count)
                sample.set_gt_label(torch.from_numpy(known))
            self.append(
                dict(inputs=torch.from_numpy(image), data_samples=sample)
            )


def loader(dataset, batch_size):
    return DataLoader(dataset, batch_size, collate_fn=pseudo_collate)


@pytest.mark.parametrize('batch_size', [1, 2, 3])
def test_extract_regions__as_image_by_image_without_padding(batch_size):
    model, dataset = Model().train(), Regions(3, 0, 2)
    extract = FeatureExtractor(model)
    region = RoIRegions(stride=4)
    found = extract_regions(extract, region, loader(dataset, batch_size))
    assert model.backbone.training
    model.eval()
    rows, labels = [], []
    for sample in dataset:
        pre = model.data_preprocessor
        image = (sample['inputs'][None].float() - pre.mean) / pre.std
        boxes = sample['data_samples'].gt_boxes
        with torch.no_grad():
            maps = model.backbone(image)
        rows.append(roi_align(maps, [boxes], 1, 1 / 4)[..., 0, 0])
        labels += sample['data_samples'].gt_label.tolist()
    assert torch.allclose(found.rows, torch.cat(rows), atol=1e-4)
    assert found.labels.tolist() == labels
    # all boxes apart, images in order
    assert [place >> 20 for place in found.places.tolist()] == [0, 0, 0, 2, 2]
    assert len(set(found.places.tolist())) == 5


def test_extract_regions__what_is_missing():
    extract, region = FeatureExtractor(Model()), RoIRegions(stride=4)
    for missing in (dict(boxes=False), dict(labels=False)):
        told = 'none and 1' if 'boxes' in missing else '1 and none'
        data = loader(Regions(1, 1, **missing), 1)
        with pytest.raises(ValueError, match=f'0.jpg: .* got {told}: use Co'):
            extract_regions(extract, region, data)
    with pytest.raises(ValueError, match='no box in its images'):
        extract_regions(extract, region, loader(Regions(0, 0), 2))
    nothing = [dict(inputs=torch.zeros(3, 8, 8).byte())]
    with pytest.raises(ValueError, match=r'needs 1 data samples .* got 0'):
        extract_regions(extract, region, loader(nothing, 1))
