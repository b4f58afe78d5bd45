import pytest
import torch
from mmpretrain.models.backbones import ResNet

from mmssl.checkpoints.load_report import CheckpointMismatch
from mmssl.probes.checkpoint_backbone import CheckpointBackbone
from mmssl.probes.dense_features import DenseExtractor
from mmssl.probes.parsing_network import (
    adapt_statistics,
    built_network,
    carried_pixels,
)

FOUND = CheckpointBackbone(
    'a.pth', 'backbone.', dict(type='ResNet', depth=18), 'ResNet-18', 'names'
)
IMAGES = torch.randint(
    256, (6, 3, 64, 32), generator=torch.Generator().manual_seed(0)
).byte()


def test_built__weights_of_the_file_at_some_stages():
    torch.manual_seed(1)
    net = ResNet(18, out_indices=(2, 3))
    net.eval()
    state = {f'backbone.{name}': v for name, v in net.state_dict().items()}
    network = built_network(FOUND, dict(state_dict=state), stages=(2, 3))
    found = DenseExtractor(network, stages=0)(IMAGES)
    ready = network.data_preprocessor(dict(inputs=[IMAGES]))['inputs'][0]
    with torch.no_grad():
        assert torch.allclose(found, net(ready)[0], atol=1e-5)
    del state['backbone.conv1.weight']
    with pytest.raises(CheckpointMismatch, match='conv1'):
        built_network(FOUND, dict(state_dict=state))


def test_built__random_weights_by_their_seed():
    before = torch.get_rng_state()
    one, same, other = (built_network(FOUND, None, s) for s in (3, 3, 4))
    assert torch.equal(torch.get_rng_state(), before)
    assert not one.training
    weights = [net.backbone.conv1.weight for net in (one, same, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_built__normalisation():
    pixels = dict(mean=(1, 2, 3), std=(4, 5, 6))
    network = built_network(FOUND, None, normalize=pixels)
    extract = DenseExtractor(network)
    assert extract.extract.normalization.mean.flatten().tolist() == [1, 2, 3]


def test_pixels__of_the_config_in_the_checkpoint():
    text = 'model = dict(data_preprocessor=dict(mean={}, std=[4, 5, 6]))'
    for mean, expected in (
        ([1, 2, 3], dict(mean=[1, 2, 3], std=[4, 5, 6])),
        (None, None),
    ):
        meta = dict(cfg=text.format(mean))
        assert carried_pixels(dict(meta=meta, state_dict={})) == expected
    assert carried_pixels(dict(state_dict={})) is None
    pixels = dict(mean=[1.0, 2.0, 3.0], std=[4.0, 5.0, 6.0])
    exported = dict(meta=dict(input=dict(pixels, channels='RGB')))
    assert carried_pixels(exported) == pixels


def test_statistics__of_the_images():
    network = built_network(FOUND, None)
    assert adapt_statistics(network, IMAGES, batch_size=3) == 20
    norm = network.backbone.bn1
    ready = network.data_preprocessor(dict(inputs=[IMAGES]))['inputs'][0]
    with torch.no_grad():
        out = network.backbone.conv1(ready)
    assert torch.allclose(norm.running_mean, out.mean((0, 2, 3)), atol=1e-3)
    assert not network.training
