import json
from dataclasses import replace

import pytest
import torch
from mmengine.config import Config

from mmssl.engine.run_config import LaunchError
from mmssl.probes.checkpoint_backbone import CheckpointBackbone
from mmssl.probes.protocol_config import find_data, protocol_config
from mmssl.registry import DATASETS
from mmssl.testing.configs import changed_keys
from mmssl.testing.toy_images import make_toy_images

FOUND = CheckpointBackbone(
    'a.pth', 'backbone.', dict(type='ResNet', depth=18), 'ResNet-18', 'names'
)


@pytest.fixture
def folders(tmp_path):
    make_toy_images(tmp_path / 'a', n=10, size=(40, 40), classes=2)
    return tmp_path / 'a'


@pytest.fixture
def coco(tmp_path):
    images = make_toy_images(tmp_path / 'img', n=5, size=(40, 60))
    content = dict(
        images=[
            dict(id=i, file_name=f'img/{path.name}', width=60, height=40)
            for i, path in enumerate(sorted(images.iterdir()))
        ],
        annotations=[
            dict(id=i, image_id=i, category_id=i % 2, bbox=[1, 2, 30, 20])
            for i in range(5)
        ],
        categories=[dict(id=0, name='a'), dict(id=1, name='b')],
    )
    path = tmp_path / 'coco.json'
    path.write_text(json.dumps(content))
    return path


def names(part):
    data = DATASETS.build(dict(part, test_mode=True))
    return {data.get_data_info(i)['img_path'] for i in range(len(data))}


def folder(part):
    return dict(type='mmssl.ImageFolder', labels='folders', **part)


def regions(part):
    return dict(type='mmssl.CocoRegions', **part)


def test_data__a_share_of_the_images_is_held_back(folders, coco):
    for data, kind, number in (
        (find_data(folders), folder, (8, 2)),
        (find_data(coco, images=coco.parent), regions, (4, 1)),
    ):
        train, val = names(kind(data.train)), names(kind(data.val))
        assert (len(train), len(val)) == number
        assert not train & val
    other = find_data(folders, val_share=0.5, seed=1)
    assert len(names(folder(other.val))) == 5
    assert find_data(folders).val == find_data(folders).val


def test_data__train_and_val(tmp_path, folders, coco):
    for split, number in (('train', 4), ('val', 6)):
        make_toy_images(tmp_path / 'd' / split, n=number, classes=2)
    for data in (
        find_data(tmp_path / 'd'),
        find_data(tmp_path / 'd' / 'train', val=tmp_path / 'd' / 'val'),
    ):
        assert len(names(folder(data.train))) == 4
        assert len(names(folder(data.val))) == 6
        assert data.classes == ('class_0', 'class_1')
        assert not data.boxes
    data = find_data(coco, val=coco, images=coco.parent)
    assert names(regions(data.train)) == names(regions(data.val))
    assert data.classes == ('a', 'b')
    assert data.boxes


def test_data__errors(tmp_path, folders, coco):
    with pytest.raises(LaunchError, match="no file or folder '/no'"):
        find_data('/no')
    with pytest.raises(LaunchError, match=r"no file or folder '/no'"):
        find_data(coco, val='/no')
    with pytest.raises(LaunchError, match=r'share must be in \(0, 1\), got 1'):
        find_data(coco, val_share=1)
    with pytest.raises(LaunchError, match=r'too few to hold 0\.05'):
        find_data(coco, val_share=0.05)
    make_toy_images(tmp_path / 'one', n=2, classes=1)
    with pytest.raises(LaunchError, match='a sub-folder for each of two cl'):
        find_data(tmp_path / 'one')


def test_data__images_in_another_folder(tmp_path, coco):
    (tmp_path / 'empty').mkdir()
    with pytest.raises(LaunchError, match=r"not in '.*empty'.*--images"):
        find_data(coco, images=tmp_path / 'empty')
    with pytest.raises(LaunchError, match=r"not in '.*empty'.*--val-images"):
        find_data(coco, val=coco, val_images=tmp_path / 'empty')


def test_config__changes_data_and_backbone_alone(folders):
    data = find_data(folders)
    cfg = protocol_config('linear', FOUND, data)
    base = Config.fromfile('configs/probes/linear_r50_1xb256-80e_in1k.py')
    changed = changed_keys(base, cfg)
    assert {key for key in changed if 'dataloader' not in key} == {
        'model.backbone.depth',
        'model.backbone.init_cfg.checkpoint',
        'model.head.in_channels',
        'model.head.num_classes',
    }
    assert cfg.model.head == dict(
        type='LinearProbe', num_classes=2, in_channels=512
    )
    assert not [key for key in changed if 'pipeline' in key]
    assert cfg.train_dataloader.dataset.indices == data.train['indices']
    assert cfg.test_dataloader == cfg.val_dataloader


def test_config__sizes_loaders_and_random_weights(folders, coco):
    cfg = protocol_config(
        'linear',
        FOUND,
        find_data(folders),
        size=112,
        batch_size=5,
        workers=0,
        random=True,
    )
    assert 'init_cfg' not in cfg.model.backbone
    assert cfg.train_dataloader.batch_size == 5
    assert not cfg.val_dataloader.persistent_workers
    steps = cfg.val_dataloader.dataset.pipeline
    assert [steps[1].size, steps[2].size] == [128, 112]
    assert cfg.train_dataloader.dataset.pipeline[1].size == 112
    cfg = protocol_config('roi', FOUND, find_data(coco), size=300)
    assert cfg.model.statistics == 'batch'
    for loader in (cfg.train_dataloader, cfg.val_dataloader):
        step = loader.dataset.pipeline[1]
        assert (step.short_side, step.max_size) == (300, 500)


def test_config__pyramid_takes_all_stages(coco, tmp_path):
    data = find_data(coco)
    name = 'region.fpn.layer_blocks.0.0.weight'
    torch.save({name: torch.ones(64, 64, 3, 3)}, tmp_path / 'fpn.pth')
    found = replace(FOUND, path=str(tmp_path / 'fpn.pth'))
    cfg = protocol_config('roi', found, data, fpn=True)
    assert cfg.model.region.init_cfg.prefix == 'region.'
    cfg = protocol_config('roi', found, data, fpn=True, random=True)
    assert cfg.model.backbone.out_indices == (0, 1, 2, 3)
    assert cfg.model.region.in_channels == (64, 128, 256, 512)
    assert cfg.model.region.out_channels == 64
    assert cfg.model.head.in_channels == 4 * 64
    assert 'init_cfg' not in cfg.model.region


def test_config__protocol_and_data_must_fit(folders, coco):
    with pytest.raises(LaunchError, match='roi needs a COCO json file, got c'):
        protocol_config('roi', FOUND, find_data(folders))
    with pytest.raises(LaunchError, match='linear needs class folders, got b'):
        protocol_config('linear', FOUND, find_data(coco))
