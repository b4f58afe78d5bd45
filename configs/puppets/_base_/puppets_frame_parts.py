# Puppets, several people per picture: scenes and the parts of all people in
# them, LIP's 20 classes, 128x128 px.
_base_ = './puppets_lip.py'
_base_.train_pipeline[2].scale = (128, 128)
_base_.test_pipeline[1].scale = (128, 128)
train_dataloader = dict(
    batch_size=4,
    dataset=dict(
        data_root='data/puppets',
        ann_file='',
        data_prefix=dict(
            img_path='frames/train', seg_map_path='frame_parts/train'
        ),
        pipeline=_base_.train_pipeline,
    ),
)
val_dataloader = dict(
    dataset=dict(
        data_root='data/puppets',
        ann_file='',
        data_prefix=dict(
            img_path='frames/val', seg_map_path='frame_parts/val'
        ),
        pipeline=_base_.test_pipeline,
    ),
)
test_dataloader = val_dataloader
