# DINO, Swin-T, ImageNet, 100 epochs. DINO was not published for Swin: all but
# the backbone is what is published for ViT-S/16. Not measured yet.
# Cost: 8 GPUs, 250,200 steps of 512 images of ten views.
_base_ = [
    '../_base_/models/dino_swin_square.py',
    '../_base_/datasets/image_multicrop_imagenet.py',
    '../_base_/schedules/dino_published.py',
    '../_base_/schedules/dino_100ep.py',
    '../_base_/dino_runtime.py',
]
optim_wrapper = dict(optimizer=dict(lr=1e-3))
auto_scale_lr = dict(base_batch_size=512)
