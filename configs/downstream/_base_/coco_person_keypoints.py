# Persons of COCO 2017 with 17 keypoints: mmdet's COCO with detectron2's sizes
# (640-800) and schedule of 90k iterations, and keypoints beside the boxes.
# Images without a labelled keypoint are left out of training.
_base_ = 'mmdet::common/ms-90k_coco.py'
train_pipeline = [
    *_base_.train_pipeline[:2],
    dict(type='mmssl.LoadKeypoints'),
    *_base_.train_pipeline[2:4],
    dict(type='mmssl.MapKeypoints'),
    dict(type='mmssl.PackDetKeypoints'),
]
for loader, part in (
    (_base_.train_dataloader, 'train2017'),
    (_base_.val_dataloader, 'val2017'),
):
    loader.dataset.type = 'mmssl.KeypointCocoDataset'
    loader.dataset.ann_file = f'annotations/person_keypoints_{part}.json'
del loader, part
train_dataloader = dict(
    dataset=dict(
        filter_cfg=dict(_delete_=True, filter_empty_gt=True, min_keypoints=1),
        pipeline=train_pipeline,
    )
)
test_dataloader = _base_.val_dataloader
ann_file = 'data/coco/annotations/person_keypoints_val2017.json'
val_evaluator = [
    dict(type='mmssl.KeypointMetric', ann_file=ann_file),
    dict(_base_.val_evaluator, ann_file=ann_file),
]
test_evaluator = val_evaluator
