import copy
from itertools import islice

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmpretrain.structures import DataSample

from mmssl.apis import browse as api
from mmssl.datasets.samplers.draws import DrawSampler
from mmssl.testing.toy_people import make_toy_people
from mmssl.testing.toys import make_toy_flow_list
from mmssl.visualization import box_pairs_panel, input_panel
from mmssl.visualization.view_samples import region_sample_panel


@pytest.fixture
def config(tmp_path):
    make_toy_flow_list(tmp_path, n=3, size=(48, 64), flow_format='flo')

    def loader(sampler, mode):
        return dict(
            sampler=sampler,
            dataset=dict(
                type='FlowPairDataset',
                data_root=str(tmp_path),
                ann_file=['train.txt'],
                flow_file_type='flo',
                pipeline=[
                    dict(type='LoadImageRGB'),
                    dict(type='LoadFlow'),
                    dict(type='CropImageFlow', size=32, mode=mode),
                    dict(
                        type='SampleGuidance',
                        strategies=['grid'],
                        bg_ratio=0.01,
                    ),
                    dict(type='PackFlowInputs'),
                ],
            ),
        )

    return Config(
        dict(
            default_scope='mmssl',
            train_dataloader=loader(dict(type='DrawSampler'), 'random'),
            val_dataloader=loader(
                dict(type='DefaultSampler', shuffle=False), 'center'
            ),
            test_dataloader=None,
        )
    )


def test_iterate_samples__the_draws_of_a_training_run(config):
    from mmssl.registry import DATASETS

    samples = api.iterate_samples(config, 'train', seed=5)
    dataset = DATASETS.build(config.train_dataloader.dataset)
    draws = iter(DrawSampler(dataset, seed=5))
    for _ in range(4):  # crosses the end of the list of three
        expected = dataset[next(draws)]
        sample = next(samples)
        for key, value in expected['inputs'].items():
            np.testing.assert_array_equal(sample['inputs'][key], value)


def test_browse__rows_of_panels(config):
    panels = [
        api.sample_panel(sample)
        for sample in api.iterate_samples(config, 'val')
    ]
    assert len(panels) == 3
    column = api.browse(config, 'val', number=2)
    height = panels[0].shape[0]
    np.testing.assert_array_equal(column[:height], panels[0])
    np.testing.assert_array_equal(column[-height:], panels[1])
    grid = api.browse(config, 'val', number=9, columns=2)
    width = panels[0].shape[1]
    np.testing.assert_array_equal(grid[:height, -width:], panels[1])
    np.testing.assert_array_equal(grid[-height:, :width], panels[2])
    assert (grid[-height:, -width:] == 255).all()  # three samples only


def test_sample_panel__is_the_input_panel_of_the_sample(config):
    sample = next(api.iterate_samples(config, 'val'))
    inputs = sample['inputs']
    expected = input_panel(
        inputs['img'].numpy().transpose(1, 2, 0),
        inputs['guidance_points'].numpy(),
        inputs['guidance_vectors'].numpy(),
        sample['data_samples'].gt_flow.numpy().transpose(1, 2, 0),
        title='#0 guidance',
    )
    np.testing.assert_array_equal(api.sample_panel(sample), expected)


def test_sample_panel__without_guidance(config):
    sample = next(api.iterate_samples(config, 'val'))
    full = api.sample_panel(sample)
    for key in ('guidance_points', 'guidance_vectors'):
        sample['inputs'].pop(key)
    bare = api.sample_panel(sample)
    assert bare.shape == full.shape
    assert (bare != full).any()


def test_browse__unknown_split_and_count(config):
    with pytest.raises(ValueError, match=r"data for: \['train', 'val'\]"):
        api.browse(config, 'test')
    with pytest.raises(ValueError, match='number must be >= 1, got 0'):
        api.browse(config, number=0)


@pytest.fixture
def view_config(config):
    """The same images, as two views with boxes."""
    config = copy.deepcopy(config)
    view = [dict(type='RandomResizedCropView', size=40, scale=(0.6, 1.0))]
    config.train_dataloader.dataset.pipeline = [
        dict(type='LoadImageRGB'),
        dict(type='MultiViewGeometry', views=[view, view]),
        dict(type='SampleBoxPairs', num_boxes=3, min_size=12),
        dict(type='PackViews'),
    ]
    return config


def test_sample_panel__of_views_shows_them_with_their_boxes(view_config):
    sample = next(api.iterate_samples(view_config, 'train'))
    out = sample['data_samples']
    assert len(out.boxes) == 3
    expected = box_pairs_panel(
        [view.numpy().transpose(1, 2, 0) for view in sample['inputs']],
        out.boxes.numpy(),
        out.box_views.numpy(),
        out.view_geometry.numpy(),
        title=f'#{out.sample_idx}',
    )
    np.testing.assert_array_equal(api.sample_panel(sample), expected)
    picture = api.browse(view_config, number=1)
    np.testing.assert_array_equal(picture, expected)


def test_sample_panel__nothing_it_knows(config):
    sample = next(api.iterate_samples(config, 'val'))
    sample['inputs'] = sample['inputs']['img']
    with pytest.raises(ValueError, match='gives inputs of Tensor'):
        api.sample_panel(sample)


def test_sample_panel__of_an_image_with_labelled_boxes(config):
    img = next(api.iterate_samples(config, 'val'))['inputs']['img']
    target = DataSample(metainfo=dict(sample_idx=4))
    target.gt_boxes = torch.tensor([[2.0, 3.0, 20.0, 30.0]])
    target.set_gt_label([7])
    panel = api.sample_panel(dict(inputs=img, data_samples=target))
    expected = region_sample_panel(img, target, '#4')
    np.testing.assert_array_equal(panel, expected)


SWIN = dict(
    type='SemanticSwinTransformer',
    arch=dict(embed_dims=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2]),
)


def people_config(folder, **model):
    make_toy_people(folder, n=3)
    large, small = (
        [dict(type='RandomResizedCropView', size=size, ratio=(0.4, 0.6))]
        for size in ((64, 32), (32, 16))
    )
    dataset = dict(
        type='ImageFolder',
        data_root=str(folder / 'images'),
        pipeline=[
            dict(type='LoadImageRGB'),
            dict(type='MultiViewGeometry', views=[large] * 2 + [small] * 3),
            dict(type='PackViews'),
        ],
    )
    loader = dict(dataset=dataset, sampler=dict(type='DrawSampler'))
    model = dict(type='DINO', backbone=SWIN, **model)
    return Config(
        dict(default_scope='mmssl', train_dataloader=loader, model=model)
    )


def save_backbone(config, path):
    from mmssl.apis import FeatureExtractor

    torch.manual_seed(0)
    state = FeatureExtractor(config, None, 'cpu').backbone.state_dict()
    meta = dict(mmengine_version='0.10.7')
    torch.save(dict(state_dict=state, meta=meta), path)
    return path


def test_browse__views_of_several_sizes(tmp_path):
    from mmssl.visualization.multi_crop import multi_crop_panel

    config = people_config(tmp_path)
    sample = next(api.iterate_samples(config))
    shapes = [tuple(view.shape[1:]) for view in sample['inputs']]
    assert shapes == [(64, 32)] * 2 + [(32, 16)] * 3
    target = sample['data_samples']
    expected = multi_crop_panel(
        [view.permute(1, 2, 0).numpy() for view in sample['inputs']],
        target.view_geometry.numpy(),
        target.ori_shape,
        f'#{target.sample_idx}',
    )
    np.testing.assert_array_equal(api.browse(config, number=1), expected)


@pytest.mark.parametrize('solider', [False, True])
def test_browse__what_a_checkpoint_makes_of_them(tmp_path, solider):
    from mmssl.apis import FeatureExtractor, PartPainter

    parts = dict(semantic_head=dict(), part_labels=dict(num_parts=2))
    config = people_config(tmp_path, **(parts if solider else {}))
    path = save_backbone(config, tmp_path / 'backbone.pth')
    samples = [*islice(api.iterate_samples(config), 2)]
    found = api.checkpoint_panels(config, path, samples, (0, 1))
    views = [s['inputs'][0].permute(1, 2, 0).numpy() for s in samples]
    painter = PartPainter(FeatureExtractor(config, path, size=None))
    expected = [painter.token_pca(views, (0, 1))]
    if solider:
        expected = [painter.parts(views), painter.masked(views), *expected]
    assert len(found) == len(expected)
    for one, other in zip(found, expected):
        np.testing.assert_array_equal(one, other)
    whole = api.browse(config, number=2, checkpoint=path)
    assert whole.shape[0] > sum(len(picture) for picture in found)


def test_browse__a_checkpoint_for_data_without_views(config, tmp_path):
    people = people_config(tmp_path / 'people')
    path = save_backbone(people, tmp_path / 'backbone.pth')
    config.model = people.model
    with pytest.raises(ValueError, match='this pipeline gives none'):
        api.browse(config, number=1, checkpoint=path)
