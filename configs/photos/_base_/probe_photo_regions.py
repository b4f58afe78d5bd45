# Boxes of COCO photos for probes: data/coco256 with train.json and val.json,
# which mmssl yolo makes of its labels. Short side 224 px.
data = dict(
    type='CocoRegions',
    data_root='data/coco256',
    ann_file='train.json',
    img_root='images/train2017',
    min_size=8,
    test_mode=True,
    pipeline=[
        dict(type='LoadImageRGB'),
        dict(type='ResizeRegions', short_side=224, max_size=384),
        dict(type='PackRegions'),
    ],
)
judged = dict(data, ann_file='val.json', img_root='images/val2017')
probe = dict(
    loader=dict(batch_size=8, dataset=judged),
    bank_loader=dict(batch_size=8, dataset=data),
)
