"""Tasks of mmdet on small data, through the host's runner."""

import copy
import math
from functools import cache
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import Runner

pytest.importorskip('mmdet')
from mmdet.registry import DATASETS, MODELS

from mmssl.worlds.generation import generate_world
from mmssl.worlds.world_settings import settings_of

pytestmark = pytest.mark.downstream
ROOT = Path(__file__).resolve().parents[2] / 'configs'
FILES = sorted(
    path
    for world in ('photos', 'puppets')
    for path in (ROOT / world / 'mmdet').glob('*.py')
    if 'keypoint' not in path.stem  # those have tests of their own
)
PUPPETS = [path for path in FILES if 'puppets' in path.parts]
each = pytest.mark.parametrize('path', FILES, ids=lambda p: p.stem)
each_of_puppets = pytest.mark.parametrize(
    'path', PUPPETS, ids=lambda p: p.stem
)
# The first words of a config of full size -> its twin, which may stand for
# several that differ in data or schedule.
TWINS = {
    'cmp_faster-rcnn_vgg16': 'faster-rcnn_vgg11_puppets',
    'cmp_mask-rcnn': 'mask-rcnn_r18_puppets',
    'scrl_faster-rcnn': 'faster-rcnn_r18_puppets',
    'scrl_mask-rcnn': 'mask-rcnn_r18_puppets',
    'scrl_retinanet': 'retinanet_r18_puppets',
    'scrl_sparse-rcnn': 'sparse-rcnn_r18_puppets',
    'solider_faster-rcnn': 'faster-rcnn_swin_puppets-pedestrians',
}


@cache
def load(path):
    return Config.fromfile(path)


@pytest.fixture(scope='module')
def world(tmp_path_factory):
    """Frames of puppets, as few as can be; the folder that holds data."""
    folder = tmp_path_factory.mktemp('world')
    generate_world(
        folder / 'data/puppets', settings_of('tiny'), ['scenes'], workers=0
    )
    return folder


def test_twins__each_config_of_full_size_has_one():
    full = [
        path
        for path in (ROOT / 'downstream' / 'mmdet').glob('*.py')
        if 'keypoint' not in path.stem
    ]
    assert len(full) >= 14
    for path in full:
        (start,) = [name for name in TWINS if path.stem.startswith(name)]
        twin = ROOT / 'puppets' / 'mmdet' / f'{TWINS[start]}.py'
        for name in ('model', 'model.rpn_head', 'model.roi_head'):
            assert _type(load(path), name) == _type(load(twin), name)
        assert load(path).benchmark.slots == load(twin).benchmark.slots
    assert {path.stem for path in PUPPETS} == set(TWINS.values())
    for files in (full, PUPPETS):
        names = [load(path).benchmark.name for path in files]
        assert len(set(names)) == len(names)


def _type(cfg, key):
    node = cfg
    for word in key.split('.'):
        node = node.get(word)
    return node and node.type


@each
def test_file__is_short_and_starts_from_random_weights(path):
    lines = [line.strip() for line in path.read_text().splitlines()]
    code = [line for line in lines if line and not line.startswith('#')]
    assert len(code) <= 15
    cfg = load(path)
    backbone = cfg.model.backbone
    assert backbone.get('init_cfg') is None
    assert backbone.get('frozen_stages', -1) == -1
    assert not backbone.get('norm_eval', False)
    assert cfg.train_cfg.max_iters == cfg.param_scheduler[-1].end
    assert cfg.load_from is None


@each
def test_file__its_slots_are_there(path):
    cfg = load(path)
    assert set(cfg.benchmark) == {'name', 'title', 'metric', 'slots'}
    init_default_scope('mmdet')
    backbone = MODELS.build(cfg.model.backbone)
    with torch.no_grad():
        maps = backbone(torch.zeros(2, 3, 128, 128))
    channels = [part.shape[1] for part in maps]
    for what, keys in cfg.benchmark.slots.items():
        for key in [keys] if isinstance(keys, str) else keys:
            node = cfg
            for word in key.split('.'):
                node = node[word]
            assert node == (channels if what == 'all' else channels[-1])


@each_of_puppets
def test_data__of_a_small_world(path, world, monkeypatch):
    cfg = copy.deepcopy(load(path))
    monkeypatch.chdir(world)
    init_default_scope('mmdet')
    masks = 'mask-rcnn' in path.stem
    for stage, number in (('train', 8), ('test', 6)):
        dataset = DATASETS.build(cfg[f'{stage}_dataloader'].dataset)
        assert len(dataset) == number
        sample = dataset[0]
        assert sample['inputs'].shape == (3, 128, 128)
        truth = sample['data_samples'].gt_instances
        assert len(truth) > 0
        assert ('masks' in truth) is masks
        labels = {
            label
            for i in range(number)
            for label in dataset[i]['data_samples'].gt_instances.labels
        }
        kinds = len(dataset.metainfo['classes'])
        assert all(0 <= label < kinds for label in labels)
        assert len(set(map(int, labels))) >= min(kinds, 2)


@pytest.mark.slow
@each_of_puppets
def test_task__trains_and_is_judged(path, world, tmp_path, monkeypatch):
    cfg = copy.deepcopy(load(path))
    monkeypatch.chdir(world)
    cfg.work_dir = str(tmp_path)
    cfg.launcher = 'none'
    cfg.experiment_name = path.stem
    cfg.train_cfg.update(max_iters=2, val_interval=5)
    cfg.train_dataloader.batch_size = 2
    cfg.default_hooks.logger.interval = 1
    cfg.custom_hooks = []
    runner = Runner.from_cfg(cfg)
    before = copy.deepcopy(runner.model.backbone.state_dict())
    runner.train()
    losses = runner.message_hub.get_scalar('train/loss').data[0]
    assert len(losses) == 2
    assert all(math.isfinite(loss) for loss in losses)
    after = runner.model.backbone.state_dict()
    moved = [k for k in before if not torch.equal(before[k], after[k])]
    assert len(moved) > len(before) / 2
    found = runner.test()
    metric = cfg.benchmark.metric
    assert [key for key in found if key.rpartition('/')[2] == metric]
    if 'pedestrians' in path.stem:
        assert 0 <= found['miss_rate/all'] <= 100
