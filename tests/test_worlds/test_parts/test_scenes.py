"""Scenes are read by the datasets of COCO and LIP, and agree."""

import json

import numpy as np
import pytest

from mmssl.datasets.coco_regions import CocoRegions
from mmssl.datasets.image_folder import ImageFolder
from mmssl.datasets.image_masks import ImageMasks
from mmssl.io.index_masks import read_index_mask
from mmssl.worlds.coco_annotations import KINDS, LEAST_VISIBILITY
from mmssl.worlds.puppets.parts import KEYPOINTS, PARTS

SPLITS = ('train', 'val')


@pytest.fixture(scope='module')
def coco(tiny_world):
    """Content of each annotation file, by its name."""
    return {
        path.stem: json.loads(path.read_text())
        for path in (tiny_world / 'annotations').iterdir()
    }


def pixels(entry):
    """Number of pixels of a mask, from the sum of its runs of ones."""
    pytest.importorskip('pycocotools')
    from pycocotools.mask import decode

    return decode(entry['segmentation']).astype(bool)


@pytest.mark.parametrize('split', SPLITS)
def test_scenes__part_maps_cover_the_people(coco, tiny_world, split):
    """The masks of people together are where a part is; they are disjoint."""
    content = coco[f'instances_{split}']
    for image in content['images']:
        parts = read_index_mask(
            tiny_world / 'frame_parts' / split / f'{image["id"] - 1:06d}.png'
        )
        cover = np.zeros(parts.shape, int)
        for entry in content['annotations']:
            if entry['image_id'] == image['id']:
                mask = pixels(entry)
                assert mask.sum() == entry['area']
                if entry['category_id'] == 1:
                    cover += mask
                else:
                    assert not parts[mask].any()
        np.testing.assert_array_equal(cover, parts > 0)


@pytest.mark.parametrize('split', SPLITS)
def test_scenes__visibility_is_the_share_that_is_seen(coco, split):
    entries = coco[f'instances_{split}']['annotations']
    assert all(0 < entry['visibility'] <= 1 for entry in entries)
    for entry in entries:
        seen, full = entry['bbox'], entry['full_bbox']
        # what is seen lies in the whole
        assert full[0] - 1 <= seen[0]
        assert full[1] - 1 <= seen[1]
        assert seen[0] + seen[2] <= full[0] + full[2] + 1
        assert seen[1] + seen[3] <= full[1] + full[3] + 1
        if entry['visibility'] == 1:
            assert np.allclose(seen, full, atol=1.01)
        if entry['visibility'] < LEAST_VISIBILITY:
            assert entry['iscrowd'] == 1


def test_scenes__people_differ_between_the_splits(coco):
    first, second = (
        {str(e['segmentation']) for e in coco[f'instances_{s}']['annotations']}
        for s in SPLITS
    )
    assert not first & second


def test_scenes__some_are_hidden_in_part(coco):
    entries = coco['instances_train']['annotations']
    visible = [e['visibility'] for e in entries if e['category_id'] == 1]
    assert min(visible) < 0.95
    assert max(visible) == 1
    assert {e['category_id'] for e in entries} - {1}


def test_scenes__coco_regions_reads_them(tiny_world):
    boxes = CocoRegions(
        'annotations/instances_val.json',
        'frames/val',
        data_root=str(tiny_world),
    )
    assert boxes.metainfo['classes'] == KINDS
    info = boxes.get_data_info(0)
    assert info['gt_bboxes'].shape[1] == 4
    assert info['img_path'].endswith('frames/val/000000.jpg')


def test_scenes__image_folder_and_masks_read_them(tiny_world, tiny_settings):
    count = tiny_settings.counts['scenes']['train']
    assert len(ImageFolder(str(tiny_world / 'frames' / 'train'))) == count
    masks = ImageMasks(
        'frames/train', 'frame_parts/train', PARTS, data_root=str(tiny_world)
    )
    assert len(masks) == count


@pytest.mark.downstream
@pytest.mark.parametrize('split', SPLITS)
def test_scenes__mmdet_reads_them(tiny_world, tiny_settings, split):
    pytest.importorskip('mmdet')
    from mmdet.datasets import CocoDataset
    from mmdet.datasets.transforms import LoadAnnotations
    from mmdet.utils import register_all_modules

    register_all_modules(init_default_scope=True)
    dataset = CocoDataset(
        ann_file=f'annotations/instances_{split}.json',
        data_root=str(tiny_world),
        data_prefix=dict(img=f'frames/{split}/'),
        metainfo=dict(classes=KINDS),
        filter_cfg=dict(filter_empty_gt=False),
        pipeline=[
            dict(type='LoadImageFromFile'),
            dict(type='LoadAnnotations', with_bbox=True, with_mask=True),
        ],
    )
    assert LoadAnnotations is not None
    assert len(dataset) == tiny_settings.counts['scenes'][split]
    for sample in dataset:
        assert sample['img'].shape == (96, 96, 3)
        boxes = sample['gt_bboxes'].tensor.numpy()
        masks = sample['gt_masks'].masks
        assert len(boxes) == len(masks) == len(sample['gt_ignore_flags'])
        for box, mask in zip(boxes, masks):
            rows, columns = np.nonzero(mask)
            tight = [columns.min(), rows.min(), columns.max(), rows.max()]
            assert box.tolist() == [*tight[:2], tight[2] + 1, tight[3] + 1]


@pytest.mark.downstream
@pytest.mark.parametrize('split', SPLITS)
def test_scenes__mmpose_reads_them(coco, tiny_world, split):
    pytest.importorskip('mmpose')
    from mmpose.datasets import CocoDataset

    dataset = CocoDataset(
        ann_file=f'annotations/person_keypoints_{split}.json',
        data_root=str(tiny_world),
        data_prefix=dict(img=f'frames/{split}/'),
        data_mode='topdown',
    )
    wanted = [
        entry
        for entry in coco[f'person_keypoints_{split}']['annotations']
        if entry['num_keypoints']
    ]
    assert len(dataset) == len(wanted) > 0
    names = dataset.metainfo['keypoint_id2name']
    assert tuple(names[i] for i in range(17)) == KEYPOINTS
    for i, entry in enumerate(wanted):
        info = dataset.get_data_info(i)
        points = np.reshape(entry['keypoints'], (17, 3))
        np.testing.assert_allclose(
            info['keypoints'][0], points[:, :2], atol=1e-4
        )
        np.testing.assert_array_equal(
            info['keypoints_visible'][0], points[:, 2] > 0
        )


@pytest.mark.downstream
def test_scenes__mmseg_reads_them(tiny_world, tiny_settings):
    pytest.importorskip('mmseg')
    from mmseg.datasets import LIPDataset

    dataset = LIPDataset(
        data_root=str(tiny_world),
        data_prefix=dict(
            img_path='frames/val', seg_map_path='frame_parts/val'
        ),
    )
    assert len(dataset) == tiny_settings.counts['scenes']['val']
    assert len(dataset.metainfo['classes']) == len(PARTS)


def test_scenes__pedestrians_are_those_of_the_instances(coco):
    for split in SPLITS:
        people = [
            entry
            for entry in coco[f'instances_{split}']['annotations']
            if entry['category_id'] == 1
        ]
        found = coco[f'pedestrians_{split}']['annotations']
        assert [p['full_bbox'] for p in people] == [p['bbox'] for p in found]
        assert [p['visibility'] for p in people] == [
            p['vis_ratio'] for p in found
        ]


@pytest.mark.downstream
@pytest.mark.parametrize('kind', ['bbox', 'segm', 'keypoints'])
def test_scenes__the_truth_is_judged_perfect(tiny_world, kind, capsys):
    """Annotations handed in as predictions have an average precision of 1."""
    pytest.importorskip('pycocotools')
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    name = 'person_keypoints' if kind == 'keypoints' else 'instances'
    truth = COCO(str(tiny_world / 'annotations' / f'{name}_train.json'))
    keys = ('image_id', 'category_id', 'segmentation', 'bbox', 'keypoints')
    found = [
        dict(score=1.0, **{k: one[k] for k in keys if k in one})
        for one in truth.dataset['annotations']
        if not one['iscrowd']
    ]
    if kind == 'bbox':
        found = [
            {k: v for k, v in one.items() if k != 'segmentation'}
            for one in found
        ]
    judge = COCOeval(truth, truth.loadRes(found), kind)
    judge.evaluate()
    judge.accumulate()
    judge.summarize()
    assert judge.stats[0] == pytest.approx(1)
