"""Tasks of mmseg and mmpretrain on small data, through the hosts' runners."""

import copy
import math
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.registry import init_default_scope
from mmengine.runner import Runner

pytest.importorskip('mmseg')
import mmseg.models  # noqa: F401
from mmpretrain.registry import MODELS as CLASSIFIERS
from mmseg.registry import DATASETS
from mmseg.registry import MODELS as SEGMENTORS

from mmssl.downstream.tasks import find_tasks
from mmssl.worlds.generation import generate_world
from mmssl.worlds.world_settings import settings_of

pytestmark = pytest.mark.downstream
ROOT = Path(__file__).resolve().parents[2] / 'configs'
FILES = sorted(
    path
    for world in ('photos', 'puppets')
    for host in ('mmpretrain', 'mmseg')
    for path in (ROOT / world / host).glob('*.py')
)
PUPPETS = [path for path in FILES if 'puppets' in path.parts]
each = pytest.mark.parametrize('path', FILES, ids=lambda p: p.stem)
LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')


@cache
def load(path):
    return Config.fromfile(path)


@pytest.fixture
def no_random_weights(monkeypatch):
    """Drawing weights takes most of the time where none are looked at."""
    for name in ('kaiming_uniform_', 'uniform_', 'normal_', 'trunc_normal_'):
        monkeypatch.setattr(torch.nn.init, name, lambda x, *a, **k: x)


@pytest.fixture(scope='module')
def world(tmp_path_factory):
    """A world of puppets, as small as one can be."""
    folder = tmp_path_factory.mktemp('world')
    parts = ['scenes', 'lip', 'pa100k']
    generate_world(
        folder / 'data/puppets', settings_of('tiny'), parts, workers=0
    )
    return folder


def moved(cfg, root):
    """Return a config that reads its data below another folder."""
    cfg = copy.deepcopy(cfg)
    for name in LOADERS:
        dataset = cfg[name].dataset
        dataset.data_root = str(root / dataset.data_root)
    return cfg


def named(world):
    """Return the names of a world's tasks of both hosts."""
    return {
        task.name
        for task in find_tasks(world).values()
        if {'mmpretrain', 'mmseg'} & set(Path(task.config).parts)
    }


def test_files__there_are_tasks_of_both_hosts():
    assert len(FILES) >= 10
    assert {'parsing', 'scenes', 'classification'} <= named('puppets')
    assert len(named('puppets')) == len(PUPPETS)
    # each of full size has a twin of its name
    assert named('downstream') <= named('puppets')
    assert named('photos') == {'parsing', 'segmentation'}


@each
def test_file__is_short_and_starts_from_random_weights(path):
    lines = [line.strip() for line in path.read_text().splitlines()]
    code = [line for line in lines if line and not line.startswith('#')]
    assert len(code) <= 15
    cfg = load(path)
    assert cfg.model.get('pretrained') is None
    assert cfg.model.backbone.get('init_cfg') is None
    assert cfg.train_cfg.max_iters == cfg.param_scheduler[-1].end


@each
@pytest.mark.usefixtures('no_random_weights')
def test_file__its_metric_and_slots_are_there(path):
    cfg = load(path)
    assert set(cfg.benchmark) == {'name', 'title', 'metric', 'slots'}
    registry = CLASSIFIERS if 'mmpretrain' in path.parts else SEGMENTORS
    init_default_scope(cfg.default_scope)
    with torch.no_grad():
        backbone = registry.build(cfg.model.backbone)
        backbone.eval()
        maps = backbone(torch.zeros(1, 3, 128, 64))
    channels = [m.shape[1] for m in maps]
    for what, keys in cfg.benchmark.slots.items():
        for key in [keys] if isinstance(keys, str) else keys:
            node = cfg
            for word in key.split('.'):
                node = node[word]
            assert node == (channels if what == 'all' else channels[-1])


@pytest.mark.parametrize('path', PUPPETS, ids=lambda p: p.stem)
def test_data__of_a_small_world(path, world):
    cfg = moved(load(path), world)
    init_default_scope(cfg.default_scope)
    if 'mmpretrain' in path.parts:
        from mmpretrain.registry import DATASETS as registry
    else:
        registry = DATASETS
    train = registry.build(cfg.train_dataloader.dataset)
    test = registry.build(cfg.test_dataloader.dataset)
    assert len(train) == 8
    assert len(test) == 6
    sample, tested = train[0], test[0]
    assert sample['inputs'].shape == tested['inputs'].shape
    if 'mmpretrain' in path.parts:
        labels = [train.get_data_info(i)['gt_label'] for i in range(8)]
        assert len(train.metainfo['classes']) == 26
        assert cfg.model.head.num_classes == 26
        assert 1 < np.mean([len(x) for x in labels]) < 15
        return
    size = tuple(cfg.model.data_preprocessor.size)
    assert sample['inputs'].shape[1:] == size
    assert sample['data_samples'].gt_sem_seg.data.shape[1:] == size
    # judged at the size of the file
    file = cv2.imread(tested['data_samples'].seg_map_path, 0)
    judged = tested['data_samples'].gt_sem_seg.data[0].numpy()
    assert np.array_equal(file, judged)
    assert {0} < set(np.unique(file)) <= {*range(20), 255}


class Start(Hook):
    """The backbone when training begins, after its weights are drawn."""

    def before_train(self, runner):
        self.state = copy.deepcopy(runner.model.backbone.state_dict())


def run(cfg, work_dir, steps):
    """Train and test through the host's runner; return the metrics."""
    cfg.work_dir = str(work_dir)
    cfg.train_cfg.update(max_iters=steps, val_interval=steps)
    cfg.param_scheduler = cfg.param_scheduler[:1]
    cfg.randomness = dict(seed=0)
    for name in LOADERS:
        cfg[name].num_workers = 0
        cfg[name].pop('persistent_workers', None)
    cfg.train_dataloader.batch_size = 4
    runner, start = Runner.from_cfg(cfg), Start()
    runner.register_hook(start)
    runner.train()
    return runner.test(), start.state, runner.model.backbone.state_dict()


@pytest.mark.slow
@pytest.mark.parametrize('path', PUPPETS, ids=lambda p: p.stem)
def test_run__two_steps_and_the_metric(path, world, tmp_path):
    cfg = moved(load(path), world)
    metrics, before, after = run(cfg, tmp_path, 2)
    value = metrics[cfg.benchmark.metric]
    assert math.isfinite(value)
    assert 0 < value < 100
    same = [torch.equal(before[name], after[name]) for name in before]
    # a linear task leaves its backbone as it is, batch norms as well
    assert all(same) if path.stem.startswith('linear') else not any(same[:1])


@pytest.mark.slow
def test_run__a_linear_task_freezes_what_is_put_in(world, tmp_path):
    """Also a backbone of another kind, which has no frozen stages."""
    path = ROOT / 'puppets/mmpretrain/linear_r18_puppets.py'
    cfg = moved(load(path), world)
    swin = load(path.with_name('classification_swin_puppets.py'))
    cfg.model.backbone = swin.model.backbone
    cfg.model.head.in_channels = 128
    _, before, after = run(cfg, tmp_path, 2)
    assert all(torch.equal(before[name], after[name]) for name in before)


@pytest.fixture
def photos(tmp_path):
    """Small stand-ins for the folders of photos, classes as there."""
    rng = np.random.default_rng(0)
    people = tmp_path / 'data/people'
    coco = tmp_path / 'data/coco256'
    masks = 'semantic_segmentation/masks'
    stems = [f'{i:04d}' for i in range(1, 502)]
    for folder in (people / 'images', people / 'parsing'):
        folder.mkdir(parents=True)
    values = np.array([0, 19, 41, 54, 25], np.uint8)
    labels = np.repeat(values, 8)[:, None].repeat(20, 1)
    for stem in stems:
        image = rng.integers(0, 255, (40, 20, 3), np.uint8)
        cv2.imwrite(str(people / 'images' / f'{stem}.jpg'), image)
        if stem != '0501':  # not all photos have a mask
            cv2.imwrite(str(people / 'parsing' / f'{stem}.png'), labels)
    for split in ('train2017', 'val2017'):
        for folder in (coco / 'images' / split, coco / masks / split):
            folder.mkdir(parents=True)
        for stem in stems[:6]:
            image = rng.integers(0, 255, (60, 50, 3), np.uint8)
            cv2.imwrite(str(coco / 'images' / split / f'{stem}.jpg'), image)
        values = np.array([0, 1, 3, 18, 62, 184], np.uint8)
        mask = np.repeat(values, 10)[:, None].repeat(50, 1)
        for stem in stems[:5]:
            cv2.imwrite(str(coco / masks / split / f'{stem}.png'), mask)
    names = ['null'] + [f'class {i}' for i in range(1, 59)]
    for i, name in ((19, 'hair'), (41, 'skin'), (54, 'top'), (25, 'jeans')):
        names[i] = name
    return tmp_path, names


def _labels(dataset):
    found = dataset[0]['data_samples'].gt_sem_seg.data
    return sorted(set(found.unique().tolist()))


def test_photos__coco_in_nine_groups(photos):
    root, _ = photos
    cfg = moved(
        load(ROOT / 'photos/mmseg/segmentation_fpn_r18_coco256.py'), root
    )
    init_default_scope('mmseg')
    for name in LOADERS:
        dataset = DATASETS.build(cfg[name].dataset)
        assert len(dataset) == 5  # one has no mask
        names = dataset.metainfo['classes']
        assert len(names) == cfg.model.decode_head.num_classes == 9
        wanted = ('person', 'vehicle', 'animal', 'furniture', 'plant')
        labels = [*map(names.index, wanted), 255]
        if name == 'train_dataloader':  # crops
            assert set(_labels(dataset)) <= set(labels)
        else:
            assert _labels(dataset) == labels


def test_photos__every_panoptic_class_of_coco_is_in_one_group():
    groups = load(ROOT / 'photos/_base_/photos_coco256.py').groups
    listed = [value for key in groups for value in groups[key] if key]
    named = [value for value in listed if value != '*']
    assert len(named) == len(set(named))
    assert list(groups)[-1] == 'thing'
    assert groups.thing == '*'


def test_photos__people_in_eight_groups(photos):
    import json

    root, names = photos
    # the words of the groups; the rest of the classes has to be known, too
    from mmssl.datasets.mask_groups import GROUPINGS

    words = [w for group in GROUPINGS['people'].values() for w in group]
    free = iter(w for w in words if w not in names and w.islower())
    names = [next(free) if n.startswith('class') else n for n in names[:59]]
    (root / 'data/people/labels.json').write_text(
        json.dumps(dict(classes=names, tags={}))
    )
    cfg = moved(load(ROOT / 'photos/mmseg/parsing_fpn_r18_people.py'), root)
    init_default_scope('mmseg')
    train, _, test = (DATASETS.build(cfg[name].dataset) for name in LOADERS)
    assert (len(train), len(test)) == (400, 100)
    files = [
        {Path(d.get_data_info(i)['img_path']).stem for i in range(len(d))}
        for d in (train, test)
    ]
    assert not files[0] & files[1]
    assert (min(files[1]), max(files[1])) == ('0401', '0500')
    groups = train.metainfo['classes']
    assert len(groups) == cfg.model.decode_head.num_classes == 8
    wanted = ('background', 'head', 'skin', 'upper body', 'lower body')
    assert _labels(test) == [*map(groups.index, wanted)]
