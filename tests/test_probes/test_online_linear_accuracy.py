import sys
from pathlib import Path

import pytest
import torch

from mmssl.probes.online_linear_accuracy import OnlineLinearAccuracy
from mmssl.registry import MODELS

PARTS = Path(__file__).parents[1] / 'data' / 'probe_run'
sys.path.insert(0, str(PARTS))
import probe_parts  # noqa: E402

sys.path.remove(str(PARTS))


def model_of(classes=3, **probe):
    return MODELS.build(
        dict(
            type='mmssl.TwoViews',
            backbone=dict(type='mmssl.SmallBackbone'),
            neck=dict(type='mmssl.SmallNeck'),
            online_probe=dict(
                type='mmssl.LinearProbe',
                num_classes=classes,
                in_channels=8,
                **probe,
            ),
        )
    )


def loader(size, **options):
    dataset = dict(type='mmssl.ColouredSet', size=size, **options)
    return dict(batch_size=4, dataset=dataset)


@pytest.mark.parametrize('classes', [3, 7])
def test_measure__image_by_image(classes):
    model = model_of(classes).train()
    found = OnlineLinearAccuracy(loader(19), chunk=5).measure(model)
    assert model.training
    assert model.online_probe.training
    model.eval()
    dataset, first, five = probe_parts.ColouredSet(19), 0, 0
    for i in range(19):
        batch = dict(inputs=[dataset[i]['inputs'][0][None]])
        (image,) = model.data_preprocessor(batch)['inputs']
        with torch.no_grad():
            row = model.backbone(image)[-1].mean((2, 3))[0]
        logits = model.online_probe.linear(row)
        order = logits.argsort(descending=True).tolist()
        first += order[0] == i % 3
        five += i % 3 in order[:5]
    expected = {'linear_top1': pytest.approx(100 * first / 19)}
    if classes >= 5:
        expected['linear_top5'] = pytest.approx(100 * five / 19)
    assert found == expected


def test_measure__another_stage():
    model = model_of()
    model.online_probe = MODELS.build(
        dict(type='mmssl.LinearProbe', num_classes=3, in_channels=6, stage=0)
    )
    # a classifier that always says 1
    torch.nn.init.zeros_(model.online_probe.linear.weight)
    model.online_probe.linear.bias.data = torch.tensor([0.0, 1.0, 0.0])
    found = OnlineLinearAccuracy(loader(9), name='first').measure(model)
    assert found == {'first_top1': pytest.approx(100 / 3)}


def test_measure__a_model_without_one():
    model = model_of()
    model.online_probe = None
    with pytest.raises(ValueError, match='no online probe to evaluate: set'):
        OnlineLinearAccuracy(loader(3)).measure(model)


def test_measure__labels_that_do_not_fit():
    with pytest.raises(ValueError, match='got 2: set num_classes'):
        OnlineLinearAccuracy(loader(9)).measure(model_of(2))
    with pytest.raises(ValueError, match='have no gt_label'):
        OnlineLinearAccuracy(loader(9, labelled=False)).measure(model_of())
