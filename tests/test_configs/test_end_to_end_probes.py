"""The small configs of the offline protocols, run on toys by the spine."""

import json
from pathlib import Path

import pytest
import torch
import torchvision
from mmengine.config import Config

from mmssl.engine.launch import train
from mmssl.testing.runs import comparable, differences, logged
from mmssl.testing.toy_images import make_toy_images

FOLDER = Path(__file__).resolve().parents[2] / 'configs' / 'probes'
pytestmark = pytest.mark.slow


@pytest.fixture(scope='module')
def toys(tmp_path_factory):
    """Images of two classes, also as boxes, and a random backbone."""
    folder = tmp_path_factory.mktemp('toys')
    for seed, split in enumerate(('train', 'val')):
        root = make_toy_images(
            folder / split, n=8, size=(64, 80), classes=2, seed=seed
        )
        files = sorted(root.rglob('*.jpg'))
        content = dict(
            images=[
                dict(
                    id=i,
                    file_name=file.relative_to(root).as_posix(),
                    width=80,
                    height=64,
                )
                for i, file in enumerate(files)
            ],
            annotations=[
                dict(id=i, image_id=i, category_id=i // 4, bbox=[4, 4, 60, 50])
                for i in range(len(files))
            ],
            categories=[dict(id=i, name=f'c{i}') for i in range(2)],
        )
        (folder / f'{split}.json').write_text(json.dumps(content))
    torch.manual_seed(0)
    state = torchvision.models.resnet18().state_dict()
    torch.save(state, folder / 'resnet18.pth')
    return folder


def small(name, toys, epochs):
    cfg = Config.fromfile(FOLDER / f'{name}.py')
    cfg.model.backbone.init_cfg.update(
        checkpoint=str(toys / 'resnet18.pth'), prefix=None
    )
    cfg.model.head.num_classes = 2
    for loader in (
        cfg.train_dataloader,
        cfg.val_dataloader,
        cfg.test_dataloader,
    ):
        loader.update(num_workers=0, persistent_workers=False, batch_size=2)
        loader.dataset.data_root = str(toys)
        for step in loader.dataset.pipeline:
            if step.type == 'ResizeRegions':
                step.short_side = 64
            elif 'size' in step:
                step.size = 64
    cfg.train_cfg.update(max_epochs=epochs, val_interval=1)
    cfg.param_scheduler[0].update(end=2, warmup=0)
    cfg.default_hooks.checkpoint.interval = 1
    cfg.default_hooks.logger.interval = 1
    return cfg


@pytest.mark.parametrize(
    'name', ['linear_r18_1xb32-40e_folder', 'roi_r18_1xb8-24e_coco-small']
)
def test_run__moves_the_head_alone_and_resumes_to_the_bit(
    name, toys, tmp_path
):
    whole = train(small(name, toys, 2), work_dir=str(tmp_path / 'a'))
    train(small(name, toys, 1), work_dir=str(tmp_path / 'b'))
    train(small(name, toys, 2), work_dir=str(tmp_path / 'b'), resume='auto')
    one, two = (
        comparable(tmp_path / part / 'epoch_2.pth') for part in ('a', 'b')
    )
    assert differences(one['state_dict'], two['state_dict']) == []
    assert differences(one['optimizer'], two['optimizer']) == []
    start = torch.load(toys / 'resnet18.pth')
    tracked = name.startswith('roi')  # batch statistics are followed
    for key, value in one['state_dict'].items():
        if key.startswith('backbone.'):
            same = torch.equal(value, start[key[len('backbone.') :]])
            counts = 'running_' in key or 'num_batches' in key
            assert same != (tracked and counts), key
    values = [
        line['accuracy/top1']
        for line in logged(tmp_path / 'a')
        if 'accuracy/top1' in line
    ]
    assert len(values) == 2
    info = whole.message_hub.get_info
    assert info('accuracy/top1_max') == pytest.approx(max(values))
    assert info('accuracy/top1_last') == pytest.approx(values[-1])
