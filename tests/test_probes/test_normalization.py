import pytest
import torch
from mmpretrain.models import SelfSupDataPreprocessor
from torch import nn

from mmssl.models import FlowDataPreprocessor
from mmssl.models.data_preprocessors.views import ViewsDataPreprocessor
from mmssl.probes.normalization import normalization_of

MEAN, STD = (10.0, 20.0, 30.0), (2.0, 4.0, 5.0)


class Model(nn.Module):
    def __init__(self, preprocessor):
        super().__init__()
        self.data_preprocessor = preprocessor


def images():
    return torch.randint(256, (2, 3, 4, 5), dtype=torch.uint8)


@pytest.mark.parametrize(
    'kind',
    [FlowDataPreprocessor, ViewsDataPreprocessor, SelfSupDataPreprocessor],
)
def test_normalization_of__the_data_preprocessor(kind):
    found = normalization_of(Model(kind(mean=MEAN, std=STD)))
    given = images()
    ready = found(given, torch.device('cpu'))
    assert ready.dtype == torch.float32
    for c in range(3):
        expected = (given[:, c].float() - MEAN[c]) / STD[c]
        assert torch.equal(ready[:, c], expected)


def test_normalization_of__as_the_preprocessor_itself_does():
    preprocessor = ViewsDataPreprocessor()
    found = normalization_of(Model(preprocessor))
    given = images()
    (expected,) = preprocessor(dict(inputs=[given]))['inputs']
    assert torch.equal(found(given, torch.device('cpu')), expected)


def test_normalization_of__the_override_wins():
    model = Model(ViewsDataPreprocessor())
    found = normalization_of(model, dict(mean=MEAN, std=STD))
    assert found.mean.flatten().tolist() == list(MEAN)
    assert found.std.flatten().tolist() == list(STD)


def test_normalization_of__nothing_to_take_it_from():
    for preprocessor in (None, SelfSupDataPreprocessor()):
        name = type(preprocessor).__name__
        text = rf'\({name}\) has no mean and std: give the probe normalize='
        with pytest.raises(ValueError, match=text):
            normalization_of(Model(preprocessor))


@pytest.mark.parametrize(
    ('override', 'text'),
    [
        (dict(mean=MEAN), r"got \['mean'\]"),
        (dict(mean=MEAN, std=(1, 0, 1)), r'std of normalize .* got \[1.0, 0'),
        (dict(mean=(1, 2), std=STD), r'mean of normalize must be three'),
    ],
)
def test_normalization_of__wrong_overrides(override, text):
    with pytest.raises(ValueError, match=text):
        normalization_of(nn.Identity(), override)


@pytest.mark.parametrize(
    'wrong', [torch.zeros(2, 3, 4, 4), torch.zeros(2, 1, 4, 4).byte()]
)
def test_normalization__images_that_are_something_else(wrong):
    found = normalization_of(Model(ViewsDataPreprocessor()))
    with pytest.raises(ValueError, match=r'uint8 RGB .*PackViews'):
        found(wrong, torch.device('cpu'))
