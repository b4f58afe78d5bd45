import pytest
import torch
from mmpretrain.models.backbones import VisionTransformer
from torch import nn
from torch.nn import functional as F

from mmssl.models.backbones import SemanticResNet
from mmssl.models.data_preprocessors.views import ViewsDataPreprocessor
from mmssl.probes.dense_features import (
    DenseExtractor,
    cell_rows,
    joined_maps,
    map_outputs,
    rows_map,
)

IMAGES = torch.randint(
    256, (2, 3, 64, 32), generator=torch.Generator().manual_seed(0)
).byte()


class Model(nn.Module):
    def __init__(self, backbone):
        super().__init__()
        self.backbone = backbone
        self.data_preprocessor = ViewsDataPreprocessor()


def test_joined__several_maps_count_the_same():
    coarse, fine = torch.randn(2, 3, 2, 1), 50 * torch.randn(2, 4, 4, 2)
    assert torch.equal(joined_maps((fine, coarse), 1), coarse)
    assert torch.equal(joined_maps(coarse), coarse)
    found = joined_maps((coarse, fine), (0, -1))
    assert found.shape == (2, 7, 4, 2)
    assert torch.allclose(found[:, 3:].norm(dim=1), torch.ones(2, 4, 2))
    expected = F.interpolate(
        coarse / coarse.norm(dim=1, keepdim=True), (4, 2), mode='bilinear'
    )
    assert torch.allclose(found[:, :3], expected, atol=1e-6)


def test_joined__errors():
    maps = (torch.ones(2, 3, 2, 2),)
    with pytest.raises(
        ValueError, match=r'stage 2 .* 1 outputs: .* -1 \.\. 0'
    ):
        joined_maps(maps, 2)
    with pytest.raises(ValueError, match='gives out '):
        joined_maps(torch.ones(2, 3))
    with pytest.raises(ValueError, match='at least one output'):
        joined_maps(maps, ())


def test_rows__there_and_back():
    maps = torch.randn(2, 3, 4, 5)
    rows = cell_rows(maps)
    assert torch.equal(rows[20 + 7], maps[1, :, 1, 2])
    assert torch.equal(rows_map(rows, (4, 5)), maps)


def test_lambda__is_that_of_a_semantic_backbone():
    torch.manual_seed(0)
    net = SemanticResNet(18, out_indices=(0, 1, 2, 3))
    net.eval()
    extract = DenseExtractor(Model(net), stages=2)
    own = extract(IMAGES)
    ready = ViewsDataPreprocessor()(dict(inputs=[IMAGES]))['inputs'][0]
    for weight in (0.0, 0.5, 1.0):
        with torch.no_grad():
            expected = net(ready, semantic_weight=weight)[2]
        assert torch.allclose(extract(IMAGES, weight), expected, atol=1e-5)
    assert torch.equal(extract(IMAGES), own)
    assert torch.equal(extract(IMAGES, 0.0), own)
    with pytest.raises(ValueError, match=r'in \[0, 1\]'):
        extract(IMAGES, 1.5)
    plain = DenseExtractor(Model(nn.Conv2d(3, 4, 8, 8)))
    assert plain(IMAGES).shape == (2, 4, 8, 4)
    with pytest.raises(ValueError, match='without a semantic backbone'):
        plain(IMAGES, 0.5)


def test_transformer__gives_out_its_cells():
    torch.manual_seed(0)
    net = VisionTransformer('deit-t', (64, 32), 16, out_type='cls_token')
    net.eval()
    extract = DenseExtractor(Model(net))
    found = extract(IMAGES)
    assert found.shape == (2, 192, 4, 2)
    assert net.out_type == 'cls_token'
    net.out_type = 'raw'
    with torch.no_grad():
        tokens = net(
            ViewsDataPreprocessor()(dict(inputs=[IMAGES]))['inputs'][0]
        )[-1]
    assert torch.allclose(found.flatten(2).mT, tokens[:, 1:], atol=1e-5)
    with pytest.raises(RuntimeError), map_outputs(net):
        raise RuntimeError
    assert net.out_type == 'raw'
