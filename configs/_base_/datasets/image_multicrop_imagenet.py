# ImageNet for DINO, without its labels.
_base_ = './image_multicrop.py'
train_dataloader = dict(
    dataset=dict(data_root='data/imagenet', data_prefix='train')
)
