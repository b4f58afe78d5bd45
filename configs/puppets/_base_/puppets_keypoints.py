# Puppets, frames of several people: boxes and 17 keypoints in COCO's format,
# 128x128 px.
_base_ = './puppets_detection.py'
metainfo = dict(classes=('person',))
train_pipeline = [
    *_base_.train_pipeline[:2],
    dict(type='mmssl.LoadKeypoints'),
    *_base_.train_pipeline[2:4],
    dict(type='mmssl.MapKeypoints'),
    dict(type='mmssl.PackDetKeypoints'),
]
train_dataloader = dict(
    dataset=dict(
        type='mmssl.KeypointCocoDataset',
        ann_file='annotations/person_keypoints_train.json',
        metainfo=metainfo,
        filter_cfg=dict(min_keypoints=1),
        pipeline=train_pipeline,
    )
)
val_dataloader = dict(
    dataset=dict(
        type='mmssl.KeypointCocoDataset',
        ann_file='annotations/person_keypoints_val.json',
        metainfo=metainfo,
    )
)
test_dataloader = val_dataloader
ann_file = 'data/puppets/annotations/person_keypoints_val.json'
val_evaluator = [
    dict(type='mmssl.KeypointMetric', ann_file=ann_file),
    dict(_base_.val_evaluator, ann_file=ann_file),
]
test_evaluator = val_evaluator
