import pytest
import torch
from mmpretrain.structures import DataSample
from torch import nn

from mmssl.probes.extraction import adapt_batch_norm, extract_features


class Model(nn.Module):
    """A row for each label of a sample: the image's normalised pixels."""

    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout())

    def data_preprocessor(self, batch):
        return dict(batch, inputs=batch['inputs'] / 2)

    def features(self, inputs, data_samples):
        rows = self.backbone(inputs)
        counts = torch.tensor([len(s.gt_label) for s in data_samples])
        return rows.repeat_interleave(counts, 0)


def batches():
    generator = torch.Generator().manual_seed(0)
    labels = [[[1], [2, 0]], [[], [0]], [[1], [1, 1]]]
    return [
        dict(
            inputs=torch.randn(2, 3, generator=generator) + i,
            data_samples=[
                DataSample().set_gt_label(torch.tensor(one, dtype=torch.int64))
                for one in part
            ],
        )
        for i, part in enumerate(labels)
    ]


def test_extract__rows_labels_and_images():
    model = Model().train()
    found = extract_features(model, batches())
    assert found.labels.tolist() == [1, 2, 0, 0, 1, 1, 1]
    assert found.groups.tolist() == [0, 1, 1, 3, 4, 5, 5]
    images = torch.cat([batch['inputs'] for batch in batches()]) / 2
    expected = images[found.groups] / (1 + 1e-5) ** 0.5
    torch.testing.assert_close(found.values, expected)
    assert not model.training


def test_adapt__mean_of_the_batches_statistics():
    model = Model()
    norm = model.backbone[0]
    norm.running_mean.fill_(9)
    assert adapt_batch_norm(model, batches()) == 1
    inputs = [batch['inputs'] / 2 for batch in batches()]
    means = torch.stack([x.mean(0) for x in inputs])
    variances = torch.stack([x.var(0) for x in inputs])  # n - 1
    torch.testing.assert_close(norm.running_mean, means.mean(0))
    torch.testing.assert_close(norm.running_var, variances.mean(0))
    assert norm.momentum == 0.1
    assert not norm.training


def test_adapt__nothing_to_do():
    model = Model()
    model.backbone = nn.LayerNorm(3)
    assert adapt_batch_norm(model, None) == 0


def test_adapt__a_failing_batch_leaves_the_momentum():
    model = Model()
    with pytest.raises(KeyError):
        adapt_batch_norm(model, [{}])
    assert model.backbone[0].momentum == 0.1


def test_errors():
    model = Model()
    with pytest.raises(ValueError, match='no image to take features from'):
        extract_features(model, [])
    batch = batches()[0]
    model.features = lambda inputs, samples: inputs
    with pytest.raises(ValueError, match='2 rows of features, but 3 labels'):
        extract_features(model, [batch])
    unlabelled = [DataSample(metainfo=dict(img_path='a.jpg')), DataSample()]
    with pytest.raises(ValueError, match=r'a\.jpg has no gt_label'):
        extract_features(model, [dict(batch, data_samples=unlabelled)])
