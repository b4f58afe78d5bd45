# LIP at 572x384 px, as SOLIDER takes it, with mmseg's transforms: the whole
# photo, its aspect kept, zoomed by 0.75 to 1.25 (published: a normal of
# deviation 0.25 cut off there), rotated in 6 of 10 cases (published: a normal
# of 30 degrees cut off at 60, whose deviation an even draw from +-50 has),
# mirrored with left and right swapped; outside: black, and not judged. Wider
# photos than that are cropped in training. Tests see the photo without a
# border, once (published: five sizes, also mirrored).
_base_ = './lip_parsing.py'
crop_size = (572, 384)
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(
        type='RandomResize',
        scale=(572, 384),
        ratio_range=(0.75, 1.25),
        keep_ratio=True,
    ),
    dict(type='RandomRotate', prob=0.6, degree=50.0),
    dict(type='RandomCrop', crop_size=crop_size),
    _base_.train_pipeline[4],
    dict(type='Pad', size=crop_size[::-1], pad_val=dict(img=0, seg=255)),
    dict(type='PackSegInputs'),
]
_base_.test_pipeline[1].scale = (572, 384)
for loader in (_base_.val_dataloader, _base_.test_dataloader):
    loader.dataset.pipeline = _base_.test_pipeline
del loader
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
