"""SCRL's configs through the real Runner, on toy images.

What the run logs is computed once more by hand: the weights before each
iteration go through torch's and torchvision's functions, one after the other.
"""

import copy
import json
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from mmengine.config import Config
from mmengine.hooks import Hook
from torchvision.ops import FeaturePyramidNetwork, roi_align

from mmssl.engine.launch import train
from mmssl.registry import HOOKS
from mmssl.testing.configs import shrink_config
from mmssl.testing.toy_images import make_toy_images
from mmssl.utils.momentum_schedule import cosine_momentum

FOLDER = Path(__file__).resolve().parents[2] / 'configs' / 'scrl'
SIZE = 64
MEAN = torch.tensor([123.675, 116.28, 103.53]).view(3, 1, 1)
STD = torch.tensor([58.395, 57.12, 57.375]).view(3, 1, 1)

pytestmark = pytest.mark.slow


class StateRecorder(Hook):
    """Keeps weights and batches of a run."""

    states = []
    batches = []

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        self._keep(runner)
        self.batches.append(copy.deepcopy(data_batch))

    def after_train(self, runner):
        self._keep(runner)

    def _keep(self, runner):
        state = runner.model.state_dict()
        self.states.append({k: v.clone() for k, v in state.items()})
        type(self).backbone = copy.deepcopy(runner.model.backbone)


@pytest.fixture(scope='module')
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp('images')
    make_toy_images(folder, n=8, size=((90, 120), (120, 90)), classes=2)
    return folder


@pytest.fixture
def recorder(monkeypatch):
    monkeypatch.setitem(HOOKS.module_dict, 'StateRecorder', StateRecorder)
    monkeypatch.setattr(StateRecorder, 'states', [])
    monkeypatch.setattr(StateRecorder, 'batches', [])
    return StateRecorder


def _config(name, images, work_dir, **options):
    cfg = Config.fromfile(FOLDER / f'{name}.py')
    cfg = shrink_config(cfg, images, work_dir, size=SIZE, **options)
    cfg.log_processor.window_size = 1  # each loss, not their mean
    return cfg


def _logged(work_dir, key):
    (file,) = Path(work_dir).glob('*/vis_data/scalars.json')
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return [line[key] for line in lines if key in line]


def _part(state, prefix):
    """Return the entries below a prefix."""
    start = f'{prefix}.'
    return {
        k[len(start) :]: v for k, v in state.items() if k.startswith(start)
    }


def _mlp(x, weights):
    """Linear, batch norm with the batch's statistics, ReLU, linear."""
    x = F.linear(x, weights['fc0.weight'], weights['fc0.bias'])
    x = F.batch_norm(
        x, None, None, weights['bn0.weight'], weights['bn0.bias'], True
    )
    return F.linear(F.relu(x), weights['fc1.weight'])


def _views(batch):
    views = [(view.float() - MEAN) / STD for view in batch['inputs']]
    return torch.cat(views)


def _rows(batch):
    """RoI rows of the pairs' first and second sides, and their images."""
    samples = batch['data_samples']
    sides = [
        [
            torch.tensor([view[side] * len(samples) + n, *box[side]])
            for n, sample in enumerate(samples)
            for view, box in zip(sample.box_views, sample.boxes)
        ]
        for side in range(2)
    ]
    owners = [n for n, s in enumerate(samples) for _ in s.boxes]
    return torch.stack(sides[0] + sides[1]), torch.tensor(owners * 2)


def _levels(boxes):
    size = (boxes[:, 3:] - boxes[:, 1:3]).prod(1).sqrt()
    return (4 + (size / 224).log2() + 1e-6).floor().clamp(2, 5).long() - 2


def _pooled(maps, boxes, region, weights):
    """Features of boxes: on the last map, on a pyramid, or of all of it."""
    if region.type == 'GlobalRegions':
        return maps[-1].mean((2, 3))
    if region.type == 'RoIRegions':
        return roi_align(maps[-1], boxes, 1, 1 / 32)[:, :, 0, 0]
    fpn = FeaturePyramidNetwork(list(region.in_channels), region.out_channels)
    fpn.load_state_dict(_part(weights, 'region.fpn'))
    named = {str(i): x for i, x in enumerate(maps)}
    read = torch.stack(
        [
            roi_align(level, boxes, 1, 1 / stride)[:, :, 0, 0]
            for level, stride in zip(fpn(named).values(), (4, 8, 16, 32))
        ]
    )
    if region.levels == 'concat':
        return torch.cat(tuple(read), dim=1)
    return read[_levels(boxes), torch.arange(len(boxes))]


def _projections(state, prefix, batch, cfg, backbone):
    weights = _part(state, prefix) if prefix else state
    net = copy.deepcopy(backbone)
    net.load_state_dict(_part(weights, 'backbone'))
    boxes = None
    if cfg.model.region.type != 'GlobalRegions':
        boxes = _rows(batch)[0]
    net.train()
    maps = net(_views(batch))
    pooled = _pooled(maps, boxes, cfg.model.region, weights)
    return _mlp(pooled, _part(weights, 'neck'))


def _pair_loss(online, target, head):
    """Both directions, each the mean of 2 - 2 cos over the pairs."""
    predicted = _mlp(online, _part(head, 'predictor'))
    first, second = predicted.chunk(2)
    other = target.chunk(2)
    return sum(
        (2 - 2 * F.cosine_similarity(q, z)).mean()
        for q, z in ((first, other[1]), (second, other[0]))
    )


def _contrast_loss(online, target, head, cfg, images):
    """Cross-entropy of the partner among all others, in a loop."""
    predictor = _part(head, 'predictor')
    anchors = _mlp(online, predictor) if predictor else online
    keys = anchors if cfg.keys_from == 'online' else target
    num = len(anchors)
    losses = []
    for i in range(num):
        partner = (i + num // 2) % num
        others = [
            j
            for j in range(num)
            if j not in (i, partner)
            and not (
                cfg.loss.get('exclude_same_image') and images[j] == images[i]
            )
        ]
        logits = F.cosine_similarity(
            anchors[i : i + 1], keys[[partner, *others]]
        )
        losses.append(
            F.cross_entropy(logits[None] / 0.1, torch.zeros(1).long())
        )
    return torch.stack(losses).mean()


def _by_hand(state, batch, cfg, backbone):
    with torch.no_grad():
        online = _projections(state, '', batch, cfg, backbone)
        target = _projections(state, 'teacher', batch, cfg, backbone)
        head = _part(state, 'head')
        if cfg.model.head.type == 'PairPredictHead':
            return float(_pair_loss(online, target, head))
        owners = _rows(batch)[1]
        args = (online, target, head, cfg.model.head, owners)
        return float(_contrast_loss(*args))


def _use_head(name):
    """Return a change: the head of an ablation, with the demo's predictor."""

    def change(cfg):
        head = Config.fromfile(FOLDER / 'ablations' / f'{name}.py').model.head
        if head.get('predictor') is not None:
            head.predictor = cfg.model.head.predictor
        cfg.model.head = head

    return change


def _use_pyramid(name):
    """Return a change: the pyramid of an ablation, as wide as ResNet-18."""

    def change(cfg):
        leaf = Config.fromfile(FOLDER / 'ablations' / f'{name}.py').model
        cfg.model.backbone.out_indices = leaf.backbone.out_indices
        cfg.model.region = dict(
            leaf.region, in_channels=(64, 128, 256, 512), out_channels=16
        )
        levels = 4 if leaf.region.levels == 'concat' else 1
        cfg.model.neck.in_channels = 16 * levels

    return change


def _use_pipeline(name):
    """Return a change: the data and the regions of an ablation."""

    def change(cfg):
        leaf = Config.fromfile(FOLDER / 'ablations' / f'{name}.py')
        root = cfg.train_dataloader.dataset.data_root
        small = shrink_config(leaf, root, cfg.work_dir, size=SIZE)
        cfg.train_dataloader = small.train_dataloader
        cfg.model.region = leaf.model.region

    return change


@pytest.mark.parametrize(
    ('name', 'change'),
    [
        ('scrl_r18_cpu-demo', None),
        ('byol_r18_cpu-demo', None),
        ('scrl_r18_cpu-demo', _use_head('scrl-r50__negatives-teacher')),
        ('scrl_r18_cpu-demo', _use_head('scrl-r50__negatives-other-images')),
        ('scrl_r18_cpu-demo', _use_pyramid('scrl-r50__roi-fpn')),
        ('scrl_r18_cpu-demo', _use_pyramid('scrl-r50__roi-fpn-concat')),
        ('scrl_r18_cpu-demo', _use_pipeline('scrl-r50__views-3')),
        ('scrl_r18_cpu-demo', _use_pipeline('scrl-r50__input-crop')),
    ],
    ids=[
        *('scrl', 'byol', 'teacher-keys', 'simclr', 'fpn', 'fpn-concat'),
        *('views-3', 'input-crop'),
    ],
)
def test_run__loss_and_teacher_equal_those_by_hand(
    name, change, images, tmp_path, recorder
):
    cfg = _config(name, images, tmp_path)
    if change is not None:
        change(cfg)
    cfg.custom_hooks = [dict(type='StateRecorder')]
    train(cfg)
    losses = _logged(tmp_path, 'loss')
    assert len(losses) == len(recorder.batches) == 2
    for loss, state, batch in zip(losses, recorder.states, recorder.batches):
        expected = _by_hand(state, batch, cfg, recorder.backbone)
        assert loss == pytest.approx(expected, rel=1e-5)
    _check_teacher(cfg, recorder.states)
    saved = torch.load(tmp_path / 'epoch_2.pth', weights_only=True)
    for key, value in recorder.states[-1].items():
        assert torch.equal(saved['state_dict'][key], value), key


def _check_teacher(cfg, states):
    """After each step t <- m t + (1 - m) s; the student has moved."""
    start = cfg.default_hooks.teacher.momentum
    for step, (before, after) in enumerate(zip(states, states[1:])):
        m = cosine_momentum(step, len(states) - 1, start, 1.0)
        for key, old in _part(before, 'teacher').items():
            if key.endswith(('running_mean', 'running_var', 'tracked')):
                continue
            expected = m * old + (1 - m) * after[key]
            torch.testing.assert_close(after[f'teacher.{key}'], expected)
    key = 'backbone.conv1.weight'
    assert not torch.equal(states[0][key], states[1][key])


@pytest.mark.parametrize('head', [None, 'scrl-r50__negatives-simclr'])
def test_run__a_batch_without_boxes_trains_on(
    head, images, tmp_path, recorder
):
    """No crop overlaps another enough; only weight decay moves weights."""
    cfg = _config('scrl_r18_cpu-demo', images, tmp_path)
    if head:
        _use_head(head)(cfg)
    for view in cfg.train_dataloader.dataset.pipeline[1].views:
        view[0].scale = (0.01, 0.011)
    cfg.custom_hooks = [dict(type='StateRecorder')]
    cfg.optim_wrapper.optimizer.weight_decay = 0.0
    train(cfg)
    boxes = [s.boxes for b in recorder.batches for s in b['data_samples']]
    assert {tuple(b.shape) for b in boxes} == {(0, 2, 4)}
    assert _logged(tmp_path, 'loss') == [0.0, 0.0]
    first, last = recorder.states[0], recorder.states[-1]
    for key, value in first.items():
        assert last[key].isfinite().all(), key
        if not key.endswith(('running_mean', 'running_var', 'tracked')):
            torch.testing.assert_close(last[key], value)
