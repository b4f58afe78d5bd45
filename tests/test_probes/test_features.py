import sys
from pathlib import Path

import pytest
import torch
from mmpretrain.registry import MODELS as HOST
from mmpretrain.structures import DataSample
from torch import nn
from torch.utils.data import DataLoader

from mmssl.datasets.transforms.pack_views import PackViews
from mmssl.models.data_preprocessors.views import ViewsDataPreprocessor
from mmssl.probes.features import (
    FeatureExtractor,
    Features,
    named_module,
    one_view,
)
from mmssl.registry import MODELS

PARTS = Path(__file__).parents[1] / 'data' / 'probe_run'
sys.path.insert(0, str(PARTS))
import probe_parts  # noqa: E402

sys.path.remove(str(PARTS))


class Model(nn.Module):
    def __init__(self, backbone=None):
        super().__init__()
        self.backbone = backbone or probe_parts.SmallBackbone()
        self.data_preprocessor = ViewsDataPreprocessor()


def loader_of(size=7, batch=3, collate='default', **options):
    from mmengine.dataset import default_collate, pseudo_collate

    function = dict(default=default_collate, pseudo=pseudo_collate)[collate]
    dataset = probe_parts.ColouredSet(size, **options)
    return DataLoader(dataset, batch, collate_fn=function)


def by_hand(model, dataset):
    """One image after another, in evaluation mode."""
    net, mean = model.backbone.eval(), model.data_preprocessor.mean
    with torch.no_grad():
        rows = [
            net(
                (dataset[i]['inputs'][0].float() - mean)[None]
                / model.data_preprocessor.std
            )[-1].mean((2, 3))[0]
            for i in range(len(dataset))
        ]
    net.train()
    return torch.stack(rows)


@pytest.mark.parametrize('collate', ['default', 'pseudo'])
def test_extract__as_by_hand(collate):
    model = Model().train()
    loader = loader_of(collate=collate)
    found = FeatureExtractor(model).extract(loader)
    assert found.labels.tolist() == [0, 1, 2, 0, 1, 2, 0]
    assert found.places.tolist() == list(range(7))
    expected = by_hand(model, loader.dataset)
    assert torch.allclose(found.rows, expected, atol=1e-5)


def test_extract__leaves_the_model_as_it_was():
    model = Model().train()
    model.backbone.one.eval()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    modes = [part.training for part in model.modules()]
    FeatureExtractor(model).extract(loader_of())
    assert [part.training for part in model.modules()] == modes
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), name
    assert all(p.grad is None for p in model.parameters())


def test_extract__autocast_around_it_changes_nothing():
    model, loader = Model(), loader_of()
    expected = FeatureExtractor(model).extract(loader).rows
    with torch.autocast('cpu', torch.bfloat16):
        found = FeatureExtractor(model).extract(loader).rows
    assert torch.equal(found, expected)
    half = FeatureExtractor(model, precision='bf16').extract(loader).rows
    assert half.dtype == torch.float32
    assert not torch.equal(half, expected)
    assert torch.allclose(half, expected, atol=0.05)


def test_extract__a_model_in_bfloat16():
    model = Model()
    expected = FeatureExtractor(model).extract(loader_of()).rows
    model.backbone.to(torch.bfloat16)
    found = FeatureExtractor(model).extract(loader_of()).rows
    assert torch.allclose(found, expected, atol=0.05)


def test_extract__labels_that_are_missing():
    loader = loader_of(labelled=False)
    with pytest.raises(ValueError, match='have no gt_label'):
        FeatureExtractor(Model()).extract(loader)
    found = FeatureExtractor(Model()).extract(loader, 'ignore')
    assert found.labels.tolist() == [-100] * 7


def test_extract__no_images():
    loader = DataLoader(probe_parts.ColouredSet(2), 3, drop_last=True)
    with pytest.raises(ValueError, match='a probe has no images'):
        FeatureExtractor(Model()).extract(loader)


def test_extract__weights_that_are_not_finite():
    model = Model()
    nn.init.constant_(model.backbone.two[0].bias, float('nan'))
    with pytest.raises(ValueError, match='nan or inf: the weights of the ba'):
        FeatureExtractor(model).extract(loader_of())


def test_features__gathered_once_each_in_order():
    rows = torch.arange(4.0)[:, None]
    found = Features(
        rows, torch.tensor([5, 6, 7, 5]), torch.tensor([2, 0, 1, 2])
    )
    found = found.gathered()
    assert found.rows.flatten().tolist() == [1, 2, 0]
    assert found.labels.tolist() == [6, 7, 5]
    assert found.places.tolist() == [0, 1, 2]


HOSTS = {
    'BYOL': dict(
        type='BYOL',
        backbone=dict(type='ResNet', depth=18),
        neck=dict(
            type='NonLinearNeck',
            in_channels=512,
            hid_channels=4,
            out_channels=4,
            norm_cfg=dict(type='BN1d'),
        ),
        head=dict(
            type='LatentPredictHead',
            predictor=dict(
                type='NonLinearNeck',
                in_channels=4,
                hid_channels=4,
                out_channels=4,
                norm_cfg=dict(type='BN1d'),
            ),
            loss=dict(type='CosineSimilarityLoss'),
        ),
        data_preprocessor=dict(mean=(0, 0, 0), std=(255, 255, 255)),
    ),
    'a Swin classifier': dict(
        type='ImageClassifier',
        backbone=dict(type='SwinTransformer', arch='tiny', pad_small_map=True),
        data_preprocessor=dict(mean=(0, 0, 0), std=(255, 255, 255)),
    ),
}


@pytest.mark.parametrize('name', HOSTS)
def test_extract__algorithms_of_mmpretrain(name):
    model = HOST.build(HOSTS[name])
    dataset = probe_parts.ColouredSet(2)
    found = FeatureExtractor(model).extract(
        DataLoader(dataset, 2, collate_fn=loader_of().collate_fn)
    )
    images = torch.stack([dataset[i]['inputs'][0] for i in range(2)])
    model.eval()
    with torch.no_grad():
        expected = model.backbone(images.float() / 255)[-1].mean((2, 3))
    assert torch.allclose(found.rows, expected, atol=1e-4)


def test_extract__cmp_with_its_own_pipeline():
    model = MODELS.build(
        dict(
            type='mmssl.CMP',
            backbone=dict(type='mmssl.StemResNet', depth=18),
            neck=dict(type='mmssl.ConvProjection', in_channels=512),
            motion_encoder=None,
            decoder=dict(type='mmssl.PlainMotionDecoder', in_channels=256),
            head=dict(type='mmssl.FlowRegressionHead', in_channels=384),
        )
    )
    images = [torch.randint(256, (3, 64, 64)).byte() for _ in range(2)]
    batch = dict(inputs=dict(img=images))
    extract = FeatureExtractor(model)
    found = extract(one_view(batch['inputs']))
    model.eval()
    ready = model.data_preprocessor(batch)['inputs']
    with torch.no_grad():
        expected = model.extract_feat(ready)[-1].mean((2, 3))
    assert torch.allclose(found, expected, atol=1e-4)


def test_extractor__another_module_and_stage():
    model = Model()
    model.teacher = nn.ModuleDict({'backbone': probe_parts.SmallBackbone(5)})
    images = torch.randint(256, (2, 3, 12, 12)).byte()
    assert FeatureExtractor(model)(images).shape == (2, 8)
    assert FeatureExtractor(model, 'teacher.backbone')(images).shape == (2, 5)
    assert FeatureExtractor(model, stage=0)(images).shape == (2, 6)


def test_extractor__what_there_is_not():
    text = r"no module 'student'; it has backbone, data_preprocessor"
    with pytest.raises(ValueError, match=text):
        FeatureExtractor(Model(), 'student')
    with pytest.raises(ValueError, match="'fp8'; valid: bf16, fp16, fp32"):
        FeatureExtractor(Model(), precision='fp8')


def test_named_module():
    model = Model()
    assert named_module(model, 'backbone.one') is model.backbone.one
    with pytest.raises(ValueError, match="no module ''"):
        named_module(model, '')


def test_one_view__however_it_is_packed():
    images = torch.arange(2 * 3 * 4 * 4).reshape(2, 3, 4, 4)
    for packed in (
        images,
        list(images),
        [images],
        (images,),
        [list(images)],
        dict(img=list(images)),
        dict(img=images),
    ):
        assert torch.equal(one_view(packed), images)


def test_one_view__of_pack_views():
    array = torch.randint(256, (4, 5, 3)).byte().numpy()
    packed = PackViews()(dict(img=array))
    assert isinstance(packed['data_samples'], DataSample)
    found = one_view([[view] for view in packed['inputs']])
    assert torch.equal(found[0].permute(1, 2, 0), torch.tensor(array))


def test_one_view__several_views_or_sizes():
    images = torch.zeros(2, 3, 4, 4)
    for packed in ([images, images], [[*images], [*images]]):
        with pytest.raises(
            ValueError, match=r'one view .* got 2: leave Multi'
        ):
            one_view(packed)
    with pytest.raises(ValueError, match=r'of one size, got \[\(3, 4, 4\), '):
        one_view([images[0], torch.zeros(3, 5, 4)])
    with pytest.raises(ValueError, match='got none'):
        one_view([])
