# BYOL, ResNet-50, ImageNet, 1000 epochs on 8 GPUs: the published batch of 8192
# by accumulation; batch statistics are those of 2048 images. Not measured yet.
# Cost: 8 GPUs, four times the days of 32.
# ablates: optim_wrapper.accumulative_counts
_base_ = './byol_r50_32xb256-1000ep_imagenet.py'
optim_wrapper = dict(accumulative_counts=4)
