# Puppets and things in frames, for probes that tell the class of each box:
# short side 256 px.
data = dict(
    type='CocoRegions',
    data_root='data/puppets',
    ann_file='annotations/instances_train.json',
    img_root='frames/train',
    min_size=4,
    indices=400,
    test_mode=True,
    pipeline=[
        dict(type='LoadImageRGB'),
        dict(type='ResizeRegions', short_side=256, max_size=512),
        dict(type='PackRegions'),
    ],
)
judged = dict(
    data,
    ann_file='annotations/instances_val.json',
    img_root='frames/val',
    indices=200,
)
probe = dict(
    loader=dict(batch_size=8, dataset=judged),
    bank_loader=dict(batch_size=8, dataset=data),
)
