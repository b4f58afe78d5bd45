"""DINO and SOLIDER on the pictures and machine at hand."""

import dataclasses
from pathlib import Path

import pytest
from mmengine.registry import DefaultScope

from mmssl.engine.run_config import load_config
from mmssl.pretraining import crop_recipe, planning
from mmssl.pretraining.backbones import Backbone
from mmssl.pretraining.batch_trial import Trial
from mmssl.pretraining.config_text import parse, render
from mmssl.pretraining.crops import crops_of
from mmssl.pretraining.data_folder import DataFolder, PretrainError
from mmssl.pretraining.image_data import inspect_images
from mmssl.pretraining.machine import Machine
from mmssl.pretraining.noise import crop_noise
from mmssl.pretraining.recipes import Request, find_recipe
from mmssl.pretraining.start_point import StartPoint
from mmssl.registry import MODELS
from mmssl.testing.toy_images import make_toy_images
from mmssl.testing.toy_people import make_toy_people

CPU = Machine(2)
GPU = Machine(16, 1, 'A GPU', 24 * 2**30, bf16=True)
NECK = dict(hid_channels=32, bottleneck_channels=8, num_prototypes=50)


@pytest.fixture
def trials(monkeypatch):
    """A step takes half a second; backbones are those of their configs."""
    batches = []

    def step(config, make_batch, batch, device):
        batches.append(make_batch(2))
        return Trial(batch, 0.5)

    def found(name, hw, needs_lambda):
        config = dict(name) if not isinstance(name, str) else dict(type=name)
        return Backbone(config, 384, 16)

    monkeypatch.setattr(planning, 'trial_step', step)
    monkeypatch.setattr(crop_recipe, 'find_semantic', found)
    return batches


@pytest.fixture(scope='module')
def people(tmp_path_factory):
    folder = make_toy_people(tmp_path_factory.mktemp('p'), 6) / 'images'
    data = inspect_images(folder)
    assert len(data.examples) == 6
    return dataclasses.replace(data, num_train=10_000)


def plan(method, machine, data, backbone=None, **options):
    request = Request(backbone, Path('/work'), **options)
    made = find_recipe(method).plan(data, request, machine)
    text = render(made.base, made.statements, made.changes)
    return parse(text), {c.name: c for c in made.choices}, text


@pytest.mark.parametrize('method', ['dino', 'solider'])
def test_plan__people_on_a_cpu_are_the_demo(method, people, trials):
    config, choices, text = plan(method, CPU, people)
    base = load_config(f'mmssl::{method}/{method}_swin_cpu-demo.py')
    assert 'model = ' not in text
    loader = config.train_dataloader
    assert loader.dataset.pipeline == base.train_dataloader.dataset.pipeline
    assert loader.dataset.data_root == str(people.root)
    assert loader.dataset.data_prefix == ''
    assert loader.sampler.infinite is True
    batch = base.train_dataloader.batch_size
    assert loader.batch_size == batch
    steps = -(-base.train_cfg.max_epochs * 10_000 // batch)
    assert config.train_cfg.max_iters == steps
    # runs by iterations have no epochs: hooks count steps
    share = steps / base.train_cfg.max_epochs
    held = config.default_hooks.last_layer
    assert held.steps == round(held.epochs * share)
    assert 'people' in choices['crops'].why
    views = [tuple(view.shape[1:]) for view in trials[0]['inputs']]
    assert views == [(3, 128, 64)] * 2 + [(3, 64, 32)] * 4


@pytest.mark.parametrize('method', ['dino', 'solider'])
def test_plan__on_a_gpu(method, people, trials):
    config, choices, _ = plan(method, GPU, people)
    assert '1xb64-100ep_people' in choices['machine'].why
    assert config.train_dataloader.batch_size == 64
    assert config.optim_wrapper.type == 'mmssl.Bf16OptimWrapper'
    assert config.optim_wrapper.clip_grad.type == 'parameter'
    assert config.optim_wrapper.optimizer.lr == 1.25e-4
    assert config.param_scheduler[0].warmup == 10 * 10_000 // 64
    views = [tuple(view.shape[1:]) for view in trials[0]['inputs']]
    assert views == [(3, 256, 128)] * 2 + [(3, 128, 64)] * 8


def test_plan__other_pictures_get_square_crops(trials, tmp_path):
    data = inspect_images(make_toy_images(tmp_path, 4, (40, 60)))
    config, choices, _ = plan('dino', CPU, data)
    steps = [v[0] for v in config.train_dataloader.dataset.pipeline[1].views]
    assert [tuple(step.size) for step in steps] == [
        *((112, 112), (112, 112), (48, 48))
    ]
    assert choices['crops'].why.endswith('square crops')
    assert config.train_dataloader.batch_size == 4
    config, _, _ = plan('dino', CPU, data, crop='192x64')
    steps = [v[0] for v in config.train_dataloader.dataset.pipeline[1].views]
    assert [step.ratio for step in steps] == [(0.25, 0.4)] * 3


def test_plan__from_a_checkpoint(people, trials, monkeypatch):
    backbone = dict(type='SemanticResNet', depth=34)
    start = StartPoint(Path('/run/iter_9.pth'), backbone, 'ResNet-34', NECK)
    monkeypatch.setattr(crop_recipe, 'find_start', lambda path: start)
    config, choices, _ = plan('solider', CPU, people, init='/run')
    assert 'from-dino' in choices['machine'].why
    assert config.load_from == '/run/iter_9.pth'
    assert choices['start'].why == 'of ResNet-34'
    assert config.model.backbone == backbone
    assert config.model.neck.num_prototypes == 50
    assert config.model.head.num_prototypes == 50
    assert config.model.semantic_head.in_channels == 384
    base = load_config('mmssl::solider/solider_swin_cpu-from-dino.py')
    lr = base.optim_wrapper.optimizer.lr
    assert config.optim_wrapper.optimizer.lr == lr
    # DINO goes on as well; another backbone is the user's word
    config, choices, _ = plan('dino', GPU, people, 'Other', init='/run')
    assert config.model.backbone == dict(type='Other')
    assert config.load_from == '/run/iter_9.pth'
    assert '_people' in choices['machine'].why
    unknown = dataclasses.replace(start, backbone=None, name='a backbone of x')
    monkeypatch.setattr(crop_recipe, 'find_start', lambda path: unknown)
    with pytest.raises(
        PretrainError, match=r'does not tell its backbone \(a b'
    ):
        plan('solider', CPU, people, init='/run')


def test_plan__one_picture(trials):
    one = DataFolder('images', Path('/x'), num_train=1)
    with pytest.raises(PretrainError, match='holds 1 image'):
        plan('dino', CPU, one)


@pytest.mark.parametrize('method', ['dino', 'solider'])
def test_model_changes__parts_fit_together(method):
    """The model computes a loss of the noise that trials use."""
    parts = method == 'solider'
    backbone = Backbone(
        dict(
            type='SemanticResNet',
            depth=18,
            base_channels=8,
            strides=(1, 2, 2, 1),
            out_indices=(3,),
        ),
        64,
        16,
    )
    start = StartPoint(Path('x'), None, 'x', NECK)
    changes = crop_recipe.model_changes(backbone, start, parts)
    name = f'mmssl::{method}/{method}_swin_cpu-demo.py'
    crops = crops_of((64, 32))
    config = parse(render(name, crops.lines(), changes))
    sizes = crop_recipe.view_sizes(config, crops)
    assert sizes == [(64, 32)] * 2 + [(32, 16)] * 4
    with DefaultScope.overwrite_default_scope('mmssl'):
        model = MODELS.build(config.model)
    assert model.neck.mlp[0].in_features == 64
    data = model.data_preprocessor(crop_noise(2, sizes))
    losses = model(**data, mode='loss')
    # log(50) is 3.9
    assert 1 < losses['loss_dino'].item() < 8
    assert ('loss_semantic' in losses) == parts
