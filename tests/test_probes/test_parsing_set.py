import pytest
import torch
from mmengine.dataset import default_collate
from mmpretrain.structures import DataSample
from torch import nn
from torch.utils.data import DataLoader

from mmssl.models.data_preprocessors.views import ViewsDataPreprocessor
from mmssl.probes.dense_features import DenseExtractor
from mmssl.probes.parsing_set import make_splits, read_parsing_set


def loader(n=5, top=2, size=(8, 4)):
    data = []
    for i in range(n):
        sample = DataSample()
        sample.gt_mask = torch.full((4 + i, 3), min(i, top)).short()
        data.append(
            dict(
                inputs=[torch.full((3, *size), i).byte()], data_samples=sample
            )
        )
    return DataLoader(data, 2, collate_fn=default_collate)


def test_read__masks_as_they_are():
    found = read_parsing_set(loader(), ('a', 'b', 'c'))
    assert found.images[:, 0, 0, 0].tolist() == [0, 1, 2, 3, 4]
    assert [tuple(mask.shape) for mask in found.masks] == [
        (4 + i, 3) for i in range(5)
    ]
    assert [int(mask[0, 0]) for mask in found.masks] == [0, 1, 2, 2, 2]
    assert found.masks[0].dtype == torch.int8
    many = tuple(str(i) for i in range(128))
    assert read_parsing_set(loader(), many).masks[0].dtype == torch.int16
    both = found.with_more(found)
    assert len(both.images) == len(both.masks) == 10
    assert both.images[7, 0, 0, 0] == 2
    with pytest.raises(ValueError, match='below 2, the number of classes, g'):
        read_parsing_set(loader(), ('a', 'b'))


def test_maps__batch_by_batch():
    model = nn.Module()
    model.backbone = nn.Conv2d(3, 6, 4, 4)
    model.data_preprocessor = ViewsDataPreprocessor()
    extract = DenseExtractor(model)
    data = read_parsing_set(loader(), ('a', 'b', 'c'))
    found = data.maps(extract, batch_size=2)
    assert found.shape == (5, 6, 2, 1)
    assert torch.allclose(found, extract(data.images), atol=1e-6)


def test_splits__at_random_or_the_last():
    one, two = make_splits(10, 0.3, (0, 1))
    for split in (one, two):
        assert (len(split.train), len(split.val)) == (7, 3)
        everything = torch.cat([split.train, split.val])
        assert sorted(everything.tolist()) == [*range(10)]
    assert one.val.tolist() != two.val.tolist()
    assert make_splits(10, 0.3, [1])[0].val.tolist() == two.val.tolist()
    for split in make_splits(10, 4, (0, 1)):
        assert split.val.tolist() == [6, 7, 8, 9]
    with pytest.raises(ValueError, match=r'3 images .* too few to hold 0\.1'):
        make_splits(3, 0.1, [0])
