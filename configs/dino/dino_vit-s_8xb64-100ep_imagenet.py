# DINO, ViT-S/16, ImageNet, 100 epochs, as published ("vanilla"). Its authors
# report k-NN 69.3, linear 74.0.
# Cost: 8 GPUs, 250,200 steps of 512 images of ten views.
_base_ = [
    '../_base_/models/dino_vit.py',
    '../_base_/datasets/image_multicrop_imagenet.py',
    '../_base_/schedules/dino_published.py',
    '../_base_/schedules/dino_100ep.py',
    '../_base_/dino_runtime.py',
]
optim_wrapper = dict(optimizer=dict(lr=1e-3))
auto_scale_lr = dict(base_batch_size=512)
