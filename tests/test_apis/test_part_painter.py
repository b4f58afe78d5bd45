import numpy as np
import pytest
import torch
from mmengine.config import Config

from mmssl.apis import FeatureExtractor, PartPainter
from mmssl.clustering import part_label_maps
from mmssl.models.target_generators import PartLabels
from mmssl.models.utils.token_maps import raw_tokens
from mmssl.testing.toy_people import toy_person
from mmssl.visualization.masked_inputs import masked_panel
from mmssl.visualization.part_overlay import part_panel
from mmssl.visualization.token_pca import token_pca_panel

SWIN = dict(
    type='SemanticSwinTransformer',
    arch=dict(embed_dims=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2]),
    strides=(4, 2, 2, 1),
    window_size=4,
)


def make_extractor(backbone=SWIN, size=(128, 64), **model):
    model.setdefault(
        'part_labels', dict(type='PartLabels', min_foreground=0.1)
    )
    config = Config(
        dict(model=dict(type='SOLIDER', backbone=dict(backbone), **model))
    )
    torch.manual_seed(0)
    made = FeatureExtractor(config, None, 'cpu', size=size)
    for name, value in made.backbone.named_parameters():
        if 'semantic_embed' in name:
            torch.nn.init.normal_(value, std=0.8)
        if name == 'norm3.weight':  # or all tokens are as long
            torch.nn.init.uniform_(value, 0.2, 2)
    return made


def people(number=3, size=(150, 70)):
    return [
        toy_person(size, np.random.default_rng(n)).image for n in range(number)
    ]


def test_label__is_that_of_the_training():
    extract = make_extractor()
    found = PartPainter(extract, seed=4).label(people())
    dense = extract(people(), 1.0).dense
    tokens = torch.from_numpy(dense).flatten(2).transpose(1, 2)
    generator = torch.Generator().manual_seed(4)
    assert found.valid.any()
    for n in range(3):
        expected = part_label_maps(
            tokens[n : n + 1],
            (8, 4),
            3,
            min_foreground=0.1,
            generator=generator,
        )
        np.testing.assert_array_equal(
            found.labels[n], expected.labels[0].numpy()
        )
        assert found.valid[n] == expected.valid[0]
        np.testing.assert_array_equal(
            found.images[n], extract.fit(people()[n])
        )


def test_label__tokens_before_the_norm():
    extract = make_extractor(tokens='raw')
    painter = PartPainter(extract)
    assert painter.tokens == 'raw'
    image = people(1)
    with raw_tokens(extract.backbone) as seen:
        extract(image, 1.0)
    expected = part_label_maps(
        seen[0],
        (8, 4),
        3,
        min_foreground=0.1,
        generator=torch.Generator().manual_seed(0),
    )
    np.testing.assert_array_equal(
        painter.label(image).labels[0], expected.labels[0].numpy()
    )


def test_label__images_of_their_own_sizes():
    painter = PartPainter(make_extractor(size=None))
    images = [*people(1, (128, 64)), *people(1, (192, 96))]
    found = painter.label(images)
    assert [one.shape for one in found.labels] == [(8, 4), (12, 6)]
    assert painter.parts(images).ndim == 3


def test_pictures__are_drawn_of_the_labels():
    extract = make_extractor(mask_part='batch')
    painter = PartPainter(extract, seed=1)
    found = painter.label(people())
    valid = found.valid.tolist()
    names = ('rest', 'head', 'upper', 'lower')
    np.testing.assert_array_equal(
        painter.parts(people(), names, 2),
        part_panel(found.images, found.labels, valid, names, 3, 2),
    )
    mean = (123.675, 116.28, 103.53)
    masked = painter.masked(people())
    possible = [
        masked_panel(found.images, found.labels, [part] * 3, valid, mean)
        for part in (1, 2, 3)
    ]
    same = [np.array_equal(masked, picture) for picture in possible]
    assert sum(same) == 1
    maps = extract(people(), semantic_weights=(0, 1)).dense.swapaxes(0, 1)
    shown = painter.token_pca(people(), (0, 1))
    expected = token_pca_panel(found.images, [*maps], (0, 1))
    assert shown.shape == expected.shape
    assert np.abs(shown.astype(int) - expected).mean() < 0.5


def test_painter__a_backbone_without_lambda():
    net = dict(type='ResNet', depth=18, base_channels=8)
    painter = PartPainter(make_extractor(net), dict(num_parts=2))
    assert painter.part_labels.num_parts == 2
    assert isinstance(painter.part_labels, PartLabels)
    found = painter.label(people(1)[0])
    assert found.labels[0].shape == (4, 2)
    one, several = (
        painter.token_pca(people(), weights) for weights in ((0,), (0, 1))
    )
    np.testing.assert_array_equal(one, several)


def test_painter__mistakes():
    with pytest.raises(ValueError, match=r"\['normed', 'raw'\], got 'odd'"):
        PartPainter(make_extractor(), tokens='odd')
    painter = PartPainter(make_extractor(), dict(num_parts=40))
    with pytest.raises(ValueError, match=r'num_parts must be in 1 \.\. 32'):
        painter.label(people())
