# Puppets in frames of several, each cut out by its box, for probes that find
# keypoints: 256x128 px, third and fourth stage: 16x8 cells. The first 600
# people are fitted on, the first 300 others judged.
data = dict(
    type='PersonKeypoints',
    data_root='data/puppets',
    ann_file='annotations/person_keypoints_train.json',
    img_root='frames/train',
    min_keypoints=6,
    min_size=16,
    indices=600,
    test_mode=True,
    pipeline=[
        dict(type='LoadImageRGB'),
        dict(type='CropPerson', size=(256, 128)),
        dict(type='PackKeypoints'),
    ],
)
judged = dict(
    data,
    ann_file='annotations/person_keypoints_val.json',
    img_root='frames/val',
    indices=300,
)
probe = dict(
    loader=dict(batch_size=16, dataset=judged),
    bank_loader=dict(batch_size=16, dataset=data),
)
stages = (2, 3)
