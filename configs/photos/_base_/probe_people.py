# Photos of people (data/people, as the parsing task has it) for probes that
# tell the class of each pixel: eight groups of classes, 256x128 px. 400 photos
# to fit on, the next 100 judged.
data = dict(
    type='ImageMasks',
    data_root='data/people',
    img_root='images',
    mask_root='parsing',
    classes='labels.json',
    groups='people',
    indices=list(range(400)),
    test_mode=True,
    pipeline=[
        dict(type='LoadImageRGB'),
        dict(type='ResizeView', size=(256, 128)),
        dict(type='PackMasks'),
    ],
)
judged = dict(data, indices=list(range(400, 500)))
probe = dict(
    max_cells=None,
    colours=True,
    loader=dict(batch_size=16, dataset=judged),
    bank_loader=dict(batch_size=16, dataset=data),
)
bank_images = 300
