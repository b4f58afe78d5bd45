"""One optimiser step of every kind of model that the configs build."""

from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from mmengine.config import Config
from mmpretrain.structures import DataSample

from mmssl.registry import MODELS

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / 'configs' / 'cmp'
NAMES = [
    'cmp_alexnet_16xb12-70k_yfcc',
    'cmp_r50_1xb32-20k_videos',
    'cmp_r50-skip_8xb8-42k_vip-mpii',
    'cmp_r18_cpu-demo',
    'cmp_r18_cpu-demo-gn',
    'ablations/cmp-r50__backbone-r18',
    'ablations/cmp-r50__backbone-swin-t',
    'ablations/cmp-r50__backbone-vgg16',
    'ablations/cmp-r50__guidance-none',
    'ablations/cmp-r50__loss-smoothl1',
]
# The light ones run in every suite, the others in the full one.
# Of the loss: where the loss is still straight, in spite of the tiny weights.
STEP = 1e-4
QUICK = {'cmp_r18_cpu-demo-gn'}
PARAMS = [
    pytest.param(n, marks=() if n in QUICK else pytest.mark.slow)
    for n in NAMES
]


def _batch(rng, n=2, size=128, points=6):
    """Make a batch as ``pseudo_collate`` does; the flow is smooth."""
    ramp = np.linspace(-3, 3, size, dtype=np.float32)
    flow = np.stack([np.tile(ramp, (size, 1)), np.full((size, size), 2.0)])
    flow = torch.from_numpy(flow.astype(np.float32))
    inputs = dict(img=[], guidance_points=[], guidance_vectors=[])
    samples = []
    for _ in range(n):
        img = rng.integers(0, 256, (3, size, size), dtype=np.uint8)
        where = torch.from_numpy(rng.integers(0, size, (points, 2)))
        inputs['img'].append(torch.from_numpy(img))
        inputs['guidance_points'].append(where)
        vectors = flow[:, where[:, 0], where[:, 1]].T.contiguous()
        inputs['guidance_vectors'].append(vectors)
        samples.append(DataSample())
        samples[-1].set_field(flow, 'gt_flow')
    return dict(inputs=inputs, data_samples=samples)


@pytest.mark.parametrize('name', PARAMS)
def test_model__a_step_downhill_lowers_the_loss(name):
    cfg = Config.fromfile(FOLDER / f'{name}.py')
    model = MODELS.build(cfg.model)
    model.init_weights()
    # Dropout and drop path would make two losses incomparable.
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        elif type(module).__name__ == 'DropPath':
            module.drop_prob = 0.0
    model.train()
    batch = model.data_preprocessor(_batch(np.random.default_rng(0)), True)

    def loss():
        return model(**batch, mode='loss')['loss_flow']

    before = loss()
    before.backward()
    grads = {
        key: p.grad for key, p in model.named_parameters() if p.requires_grad
    }
    dead = sorted(key for key, grad in grads.items() if grad is None)
    assert dead == []
    norm = torch.sqrt(sum((g**2).sum() for g in grads.values()))
    assert torch.isfinite(norm)
    assert norm > 0
    # First order: a step along -g by a fraction of loss / |g|^2 must help.
    with torch.no_grad():
        for key, p in model.named_parameters():
            p -= STEP * before / norm**2 * grads[key]
    after = loss()
    fall = STEP * before.item()
    assert before.item() - after.item() == pytest.approx(fall, rel=0.5)


@pytest.mark.parametrize('name', PARAMS)
def test_model__predicts_flow_of_the_image_size_in_range(name):
    cfg = Config.fromfile(FOLDER / f'{name}.py')
    model = MODELS.build(cfg.model).eval()
    batch = _batch(np.random.default_rng(1), n=1)
    with torch.no_grad():
        (sample,) = model.val_step(batch)
    assert sample.pred_flow.shape == (2, 128, 128)
    assert torch.isfinite(sample.pred_flow).all()
    assert np.isfinite(sample.loss)
    if 'codec' in cfg.model.head:
        assert sample.pred_flow.abs().max() <= cfg.model.head.codec.fmax


def test_metafile__parameters_are_those_of_the_models():
    models = yaml.safe_load((FOLDER / 'metafile.yml').read_text())['Models']
    counts = {}
    for entry in models:
        model = Config.fromfile(ROOT / entry['Config']).model
        if str(model) not in counts:
            parameters = MODELS.build(model).parameters()
            counts[str(model)] = sum(p.numel() for p in parameters)
        assert entry['Metadata']['Parameters'] == counts[str(model)]
