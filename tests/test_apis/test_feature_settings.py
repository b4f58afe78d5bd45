import json

import numpy as np
import pytest
import torch
from mmengine.config import Config
from PIL import Image
from torch import nn

from mmssl.apis import FeatureExtractor
from mmssl.apis.feature_settings import (
    check_settings,
    feature_settings,
    weights_digest,
)
from mmssl.datasets.image_sources import SearchedImages


def test_settings__change_with_what_decides(tmp_path):
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(tmp_path / 'a.png')
    source = SearchedImages(str(tmp_path))
    net = dict(type='ResNet', depth=18, base_channels=8)
    config = Config(dict(model=dict(type='SCRL', backbone=net)))
    torch.manual_seed(0)
    made = FeatureExtractor(config, None, 'cpu')
    one = feature_settings(made, source)
    assert json.loads(json.dumps(one)) == one
    torch.manual_seed(0)
    same = FeatureExtractor(config, None, 'cpu', batch_size=5)
    check_settings(one, feature_settings(same, source), 'out')
    torch.manual_seed(0)
    other = FeatureExtractor(config, None, 'cpu', size=96, normalize=True)
    with pytest.raises(ValueError, match=r"fit: .*256 px' there.*normalize: "):
        check_settings(one, feature_settings(other, source), 'out')


def test_digest__names_kinds_and_values():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    before = weights_digest(net)
    net[1].running_mean[0] = 1e-7
    assert weights_digest(net) != before
    net[1].running_mean[0] = 0
    assert weights_digest(net) == before
    assert weights_digest(net.half()) != before
