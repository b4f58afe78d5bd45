# People in COCO photos: data/coco256/images/{train,val}2017 with boxes in
# COCO's format; photos without people are left out of training. 160x160 px.
# mmssl yolo data/coco256/object_detection/labels/train2017 \
#     data/coco256/images/train2017 data/coco256_boxes/train.json \
#     --num-classes 80
# and the same of val2017.
_base_ = '../../puppets/_base_/puppets_detection.py'
metainfo = dict(classes=('class_0',))  # a YOLO file has numbers alone
_base_.train_pipeline[2].scale = (160, 160)
_base_.test_pipeline[1].scale = (160, 160)
train_dataloader = dict(
    dataset=dict(
        data_root='.',
        ann_file='data/coco256_boxes/train.json',
        data_prefix=dict(img='data/coco256/images/train2017'),
        metainfo=metainfo,
        pipeline=_base_.train_pipeline,
    )
)
val_dataloader = dict(
    dataset=dict(
        data_root='.',
        ann_file='data/coco256_boxes/val.json',
        data_prefix=dict(img='data/coco256/images/val2017'),
        metainfo=metainfo,
        pipeline=_base_.test_pipeline,
    )
)
test_dataloader = val_dataloader
val_evaluator = dict(ann_file='data/coco256_boxes/val.json')
test_evaluator = val_evaluator
