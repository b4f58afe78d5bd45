# ImageNet for SCRL; labels are for the online probe alone.
_base_ = './scrl_images.py'
train_dataloader = dict(
    dataset=dict(
        data_root='data/imagenet', data_prefix='train', labels='folders'
    )
)
