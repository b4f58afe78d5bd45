# DINO, ResNet-50, ImageNet, 100 epochs by SGD, as published: large crops from
# 14 % of the image, small ones up to that. No result is given for it.
# Cost: 8 GPUs, 250,200 steps of 512 images of ten views.
_base_ = [
    '../_base_/models/dino_r50.py',
    '../_base_/datasets/image_multicrop_imagenet.py',
    '../_base_/schedules/dino_sgd.py',
    '../_base_/schedules/dino_100ep_constant_decay.py',
    '../_base_/dino_runtime.py',
]
for view, scale in zip(
    _base_.train_dataloader.dataset.pipeline[1].views,
    [(0.14, 1.0), (0.14, 1.0), (0.05, 0.14)],
):
    view[0].scale = scale
del view, scale
