import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from PIL import Image

from mmssl.apis import FeatureExtractor
from mmssl.models.data_preprocessors import ViewsDataPreprocessor
from mmssl.testing.golden import named_input, named_weight
from mmssl.testing.toy_people import toy_person

SWIN = dict(
    type='SemanticSwinTransformer',
    arch=dict(embed_dims=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2]),
)
RESNET = dict(type='ResNet', depth=18, base_channels=8)
VIT = dict(
    type='VisionTransformer',
    arch=dict(
        embed_dims=16,
        num_layers=2,
        num_heads=2,
        feedforward_channels=32,
    ),
    img_size=(64, 32),
    patch_size=16,
)


def make_config(backbone=SWIN, method='SOLIDER', size=(64, 32), **model):
    view = [dict(type='RandomResizedCropView', size=size)]
    pipeline = [
        dict(type='LoadImageRGB'),
        dict(type='MultiViewGeometry', views=[view, view]),
        dict(type='PackViews'),
    ]
    return Config(
        dict(
            default_scope='mmssl',
            model=dict(type=method, backbone=dict(backbone), **model),
            train_dataloader=dict(dataset=dict(pipeline=pipeline)),
        )
    )


def lively(extractor):
    """Weights with which lambda and the image matter."""
    torch.manual_seed(3)
    for name, value in extractor.backbone.named_parameters():
        if 'semantic_embed' in name:
            torch.nn.init.normal_(value, std=0.8)
        elif value.dim() > 1:
            torch.nn.init.kaiming_normal_(value)
    return extractor


@pytest.fixture
def extractor():
    return lively(FeatureExtractor(make_config(), None, 'cpu'))


def person(seed=0, size=(64, 32)):
    return toy_person(size, np.random.default_rng(seed)).image


def test_call__is_the_backbone_on_the_normalised_image(extractor):
    image = person()
    found = extractor(image)
    planes = torch.from_numpy(image.transpose(2, 0, 1).copy())[None]
    (ready,) = ViewsDataPreprocessor()({'inputs': [planes]})['inputs']
    with torch.no_grad():
        expected = extractor.backbone(ready)[-1][0]
    assert found.dense.dtype == found.pooled.dtype == np.float32
    np.testing.assert_allclose(found.dense, expected.numpy(), atol=1e-5)
    np.testing.assert_allclose(
        found.pooled, expected.mean((1, 2)).numpy(), atol=1e-5
    )


def test_call__lambda_of_all_and_of_each(extractor):
    images = [person(seed) for seed in range(3)]
    at = {w: extractor(images, semantic_weight=w) for w in (0, 0.5, 1)}
    assert np.abs(at[0].pooled - at[1].pooled).max() > 0.1
    each = extractor(images, [1, 0, 0.5])
    for n, weight in enumerate((1, 0, 0.5)):
        for mine, all_of_it in zip(each, at[weight]):
            np.testing.assert_allclose(mine[n], all_of_it[n], atol=1e-5)
    default = extractor(images)  # of the backbone: 0
    np.testing.assert_allclose(default.dense, at[0].dense, atol=1e-5)


def test_call__several_lambdas_at_once(extractor):
    images = [person(seed) for seed in range(2)]
    weights = (0.0, 0.3, 1.0)
    found = extractor(images, semantic_weights=weights)
    assert found.pooled.shape == (3, 2, 64)
    assert found.dense.shape == (3, 2, 64, 2, 1)
    for place, weight in enumerate(weights):
        alone = extractor(images, weight)
        np.testing.assert_allclose(found.dense[place], alone.dense, atol=1e-5)
    one = extractor(images[1], semantic_weights=weights)
    np.testing.assert_allclose(one.pooled, found.pooled[:, 1], atol=1e-5)
    assert one.dense.shape == (3, 64, 2, 1)


def test_call__lambda_of_the_object():
    torch.manual_seed(0)
    made = FeatureExtractor(make_config(), None, 'cpu', semantic_weight=0.7)
    lively(made)
    np.testing.assert_array_equal(
        made(person()).pooled, made(person(), semantic_weight=0.7).pooled
    )


def test_call__lambdas_that_do_not_fit(extractor):
    images = [person(), person(1)]
    with pytest.raises(ValueError, match=r'in \[0, 1\].*got 1\.5'):
        extractor(images, 1.5)
    with pytest.raises(ValueError, match=r'in \[0, 1\].*got -0\.1'):
        extractor(images, [0.2, -0.1])
    with pytest.raises(ValueError, match=r'2 images.*shape \(3,\)'):
        extractor(images, [0.2, 0.1, 0])
    with pytest.raises(ValueError, match='give semantic_weight'):
        extractor(images, 0.2, semantic_weights=[0, 1])
    with pytest.raises(ValueError, match='give semantic_weight'):
        extractor(images, semantic_weights=[])
    plain = FeatureExtractor(make_config(RESNET), None, 'cpu')
    assert not plain.accepts_semantic_weight
    with pytest.raises(ValueError, match='ResNet takes no semantic_weight'):
        plain(images, 0.5)
    with pytest.raises(ValueError, match='ResNet takes no semantic_weight'):
        FeatureExtractor(make_config(RESNET), None, semantic_weight=0.5)


def test_call__any_kind_of_image(extractor, tmp_path):
    image = person(size=(70, 41))
    expected = extractor(image)
    path = tmp_path / 'image.png'
    Image.fromarray(image).save(path)
    planes = torch.from_numpy(image).permute(2, 0, 1)
    for given in (path, str(path), Image.fromarray(image), planes):
        np.testing.assert_array_equal(extractor(given).dense, expected.dense)
    # stored lying on its side, shown upright
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = Image.fromarray(np.rot90(image))
    turned.save(path, exif=exif)
    np.testing.assert_array_equal(extractor(path).dense, expected.dense)


def test_call__a_batch_of_sizes_in_order(extractor):
    images = [person(1, (64, 32)), person(2, (90, 30)), person(3, (64, 32))]
    together = extractor(images)
    extractor.batch_size = 2
    again = extractor(images)
    for n, image in enumerate(images):
        alone = extractor(image)
        np.testing.assert_allclose(together.pooled[n], alone.pooled, atol=1e-5)
        np.testing.assert_allclose(again.dense[n], alone.dense, atol=1e-5)
    stacked = extractor(np.stack([images[0], images[2]]))
    np.testing.assert_allclose(
        stacked.pooled, together.pooled[[0, 2]], atol=1e-5
    )
    assert extractor([]).pooled.shape[0] == 0


def test_call__images_as_they_are():
    made = lively(FeatureExtractor(make_config(), None, 'cpu', size=None))
    images = [person(1, (64, 32)), person(2, (128, 96))]
    found = made(images)
    assert [one.shape for one in found.dense] == [(64, 2, 1), (64, 4, 3)]
    several = made(images, semantic_weights=[0, 1])
    assert several.pooled.shape == (2, 2, 64)
    np.testing.assert_allclose(several.dense[1][0], found.dense[1], atol=1e-5)


def test_call__mistakes(extractor):
    with pytest.raises(FileNotFoundError, match='no image'):
        extractor('none.jpg')
    with pytest.raises(TypeError, match=r'image 1 of the batch: .*float64'):
        extractor([person(), np.zeros((4, 4, 3))])


def test_normalize__unit_vectors(extractor):
    plain = extractor(person(), 0.5)
    unit = FeatureExtractor(
        make_config(), None, 'cpu', normalize=True, semantic_weight=0.5
    )
    unit.backbone.load_state_dict(extractor.backbone.state_dict())
    found = unit(person())
    length = np.linalg.norm(plain.pooled)
    np.testing.assert_allclose(found.pooled, plain.pooled / length, atol=1e-6)
    np.testing.assert_allclose(
        np.linalg.norm(found.dense, axis=0), np.ones((2, 1)), atol=1e-5
    )


def test_vision_transformer__class_token_and_patches():
    made = FeatureExtractor(make_config(VIT), None, 'cpu')
    found = made(person())
    planes = torch.from_numpy(person().transpose(2, 0, 1).copy())[None]
    (ready,) = ViewsDataPreprocessor()({'inputs': [planes]})['inputs']
    with torch.no_grad():
        made.backbone.out_type = 'cls_token'
        token = made.backbone(ready)[0]
        made.backbone.out_type = 'featmap'
        maps = made.backbone(ready)[0]
    assert found.dense.shape == (16, 4, 2)
    np.testing.assert_allclose(found.pooled, token[0].numpy(), atol=1e-5)
    np.testing.assert_allclose(found.dense, maps[0].numpy(), atol=1e-5)


def both_parts(backbone):
    """A checkpoint whose student and teacher differ."""
    state = {}
    for start, seed in (('backbone.', 0), ('teacher.backbone.', 1)):
        torch.manual_seed(seed)
        made = FeatureExtractor(make_config(backbone), None, 'cpu')
        lively(made)
        for value in made.backbone.parameters():
            value.data.add_(seed)
        state.update(
            {start + n: v for n, v in made.backbone.state_dict().items()}
        )
    return state


@pytest.mark.parametrize(
    ('method', 'part'),
    [('DINO', 'teacher'), ('SOLIDER', 'teacher'), ('SCRL', 'student')],
)
def test_part__by_the_method_or_asked_for(tmp_path, method, part):
    state, path = both_parts(RESNET), tmp_path / 'epoch_1.pth'
    torch.save(dict(state_dict=state), path)
    config = make_config(RESNET, method)
    made = FeatureExtractor(config, path, 'cpu')
    assert made.part == part
    assert made.report.share == 1
    for asked in ('student', 'teacher'):
        one = FeatureExtractor(config, path, 'cpu', part=asked)
        start = dict(student='', teacher='teacher.')[asked]
        name = 'layer1.0.conv1.weight'
        assert torch.equal(
            one.backbone.state_dict()[name], state[f'{start}backbone.{name}']
        )
        same = np.array_equal(one(person()).pooled, made(person()).pooled)
        assert same == (asked == part)


def test_checkpoint__alone_tells_by_the_config_in_it(tmp_path):
    state, path = both_parts(SWIN), tmp_path / 'epoch_1.pth'
    text = make_config(data_preprocessor=dict(mean=[1, 2, 3], std=[4, 5, 6]))
    meta = dict(cfg=text.pretty_text, mmengine_version='0.10.7')
    torch.save(dict(state_dict=state, meta=meta), path)
    made = FeatureExtractor(None, path, 'cpu')  # the size is in it as well
    assert (made.part, made.accepts_semantic_weight) == ('teacher', True)
    assert made.pixels.mean.flatten().tolist() == [1, 2, 3]
    config = make_config(data_preprocessor=dict(mean=[1, 2, 3], std=[4, 5, 6]))
    other = FeatureExtractor(config, path, 'cpu')
    np.testing.assert_array_equal(
        made(person(), 0.4).pooled, other(person(), 0.4).pooled
    )


def test_checkpoint__backbone_alone(tmp_path):
    """An exported file has no prefix, whatever the method was."""
    state = {
        name[len('backbone.') :]: value
        for name, value in both_parts(SWIN).items()
        if name.startswith('backbone.')
    }
    path = tmp_path / 'backbone.pth'
    torch.save(dict(state_dict=state), path)
    made = FeatureExtractor(make_config(), path, 'cpu')
    assert made.part == 'student'
    assert made.report.share == 1


def test_checkpoint__refusals(tmp_path):
    from mmssl.checkpoints.load_report import CheckpointMismatch
    from mmssl.checkpoints.pickle_globals import CheckpointError

    state, path = both_parts(SWIN), tmp_path / 'epoch_1.pth'
    del state['teacher.backbone.norm3.weight']
    torch.save(dict(state_dict=state), path)
    with pytest.raises(CheckpointMismatch, match=r'missing: norm3\.weight'):
        FeatureExtractor(make_config(), path, 'cpu')
    with pytest.raises(CheckpointMismatch, match='too little'):
        FeatureExtractor(make_config(RESNET, 'SCRL'), path, 'cpu')
    alone = {n: v for n, v in state.items() if not n.startswith('teacher.')}
    meta = dict(mmengine_version='0.10.7')
    torch.save(dict(state_dict=alone, meta=meta), path)
    with pytest.raises(CheckpointError, match='has no teacher'):
        FeatureExtractor(make_config(), path, 'cpu', part='teacher')
    with pytest.raises(FileNotFoundError, match='no checkpoint'):
        FeatureExtractor(make_config(), tmp_path / 'none.pth', 'cpu')


def test_construction__mistakes_and_no_scope_left_behind():
    assert FeatureExtractor(make_config(), None, 'cpu').report is None
    assert DefaultScope.get_current_instance() is None
    for wrong, match in (
        (dict(part='ema'), r"\['auto', 'student', 'teacher'\], got 'ema'"),
        (dict(precision='fp8'), "unknown precision 'fp8'"),
        (dict(batch_size=0), 'batch_size must be >= 1'),
        (dict(size='large'), "size must be 'config'"),
        (dict(semantic_weight=2), r'in \[0, 1\]'),
    ):
        with pytest.raises(ValueError, match=match):
            FeatureExtractor(make_config(), None, 'cpu', **wrong)
    with pytest.raises(ValueError, match='got neither'):
        FeatureExtractor(None, None)
    with pytest.raises(ValueError, match='no model with a backbone'):
        FeatureExtractor(Config(dict(a=1)), None)


def test_precision__bf16_is_near(extractor):
    rough = FeatureExtractor(make_config(), None, 'cpu', precision='bf16')
    rough.backbone.load_state_dict(extractor.backbone.state_dict())
    one, other = (made(person()).pooled for made in (extractor, rough))
    assert other.dtype == np.float32
    assert 0 < np.abs(one - other).max() < 0.1 * np.abs(one).max()


def test_extractor__pickles_and_serves_threads(extractor):
    images = [person(seed) for seed in range(6)]
    weights = [n / 5 for n in range(6)]
    expected = [extractor(*pair).pooled for pair in zip(images, weights)]
    again = pickle.loads(pickle.dumps(extractor))  # of our own making
    np.testing.assert_array_equal(again(images[1], 0.2).pooled, expected[1])
    with ThreadPoolExecutor(3) as pool:
        found = [*pool.map(extractor, images, weights)]
    for one, other in zip(found, expected):
        np.testing.assert_array_equal(one.pooled, other)


GOLDEN = Path(__file__).parents[1] / 'data' / 'golden'


def published_file(path, alone=False):
    """A file of the published SOLIDER, as it is downloaded."""
    keys = json.loads((GOLDEN / 'solider_swin_tiny_keys.json').read_text())
    index = np.load(GOLDEN / 'solider_int_buffers.npz')
    index = torch.from_numpy(index['relative_position_index'])
    teacher = {
        key.split('/', 1)[1]: index.clone()
        if key.endswith('relative_position_index')
        else named_weight(key, shape, dtype)
        for key, (shape, dtype) in keys.items()
    }
    student = {f'module.{k}': torch.zeros_like(v) for k, v in teacher.items()}
    torch.save(
        teacher if alone else dict(teacher=teacher, student=student), path
    )
    return path


@pytest.mark.slow
@pytest.mark.parametrize('alone', [True, False])
def test_checkpoint__published_solider_as_it_is_downloaded(tmp_path, alone):
    made = FeatureExtractor(
        None, published_file(tmp_path / 'a.pth', alone), 'cpu', size=(256, 128)
    )
    assert made.accepts_semantic_weight
    x = named_input('visible/solider/x', (2, 3, 256, 128))
    with np.load(GOLDEN / 'solider.npz') as golden:
        for weight in (0.0, 0.3, 1.0):
            with torch.no_grad():
                outputs = made.backbone(x, weight)
            found = made._read(outputs, (256, 128))
            for got, name in zip(found, ('pooled', 'stage3')):
                expected = golden[f'lambda{weight}/{name}']
                error = np.abs(got.numpy() - expected).max()
                assert error <= 1e-4 * np.abs(expected).max()
