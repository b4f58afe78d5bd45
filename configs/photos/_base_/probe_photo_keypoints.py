# People of COCO photos (data/coco_keypoints: train2017, val2017 and
# annotations/person_keypoints_*.json), each cut out by its box: 256x192 px.
data = dict(
    type='PersonKeypoints',
    data_root='data/coco_keypoints',
    ann_file='annotations/person_keypoints_train2017.json',
    img_root='train2017',
    min_keypoints=5,
    min_size=32,
    test_mode=True,
    pipeline=[
        dict(type='LoadImageRGB'),
        dict(type='CropPerson', size=(256, 192)),
        dict(type='PackKeypoints'),
    ],
)
judged = dict(
    data,
    ann_file='annotations/person_keypoints_val2017.json',
    img_root='val2017',
)
probe = dict(
    loader=dict(batch_size=16, dataset=judged),
    bank_loader=dict(batch_size=16, dataset=data),
)
