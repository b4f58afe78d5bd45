# LIP, parsing of one person per photo into 20 classes, as it is unpacked:
# {train,val}_images, {train,val}_segmentations, {train,val}_id.txt. mmseg has
# the data set and no config of it: sizes and augmentation are those of its own
# VOC. Mirrored people have their left and right labels swapped. For recipes by
# epochs.
_base_ = 'mmseg::_base_/datasets/pascal_voc12.py'
dataset_type = 'LIPDataset'
data_root = 'data/LIP'
train_pipeline = _base_.train_pipeline
train_pipeline[4] = dict(
    type='RandomFlip',
    prob=0.5,
    swap_seg_labels=[(14, 15), (16, 17), (18, 19)],  # arms, legs, shoes
)
for loader, name in (
    (_base_.train_dataloader, 'train'),
    (_base_.val_dataloader, 'val'),
    (_base_.test_dataloader, 'val'),
):
    loader.dataset.type = dataset_type
    loader.dataset.data_root = data_root
    loader.dataset.ann_file = f'{name}_id.txt'
    loader.dataset.data_prefix = dict(
        img_path=f'{name}_images', seg_map_path=f'{name}_segmentations'
    )
del loader, name
train_dataloader = dict(
    sampler=dict(type='DefaultSampler'),
    dataset=dict(pipeline=train_pipeline),
)
