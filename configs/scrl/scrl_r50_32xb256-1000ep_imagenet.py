# SCRL, ResNet-50, ImageNet, 1000 epochs, as published. Its authors report:
# linear 70.66, COCO box AP 40.92 (Faster R-CNN), 41.40 and mask AP 37.92 (Mask
# R-CNN).
# Cost: 32 GPUs, 157,000 steps of 8192 images, 1281 M images of two views.
_base_ = [
    '../_base_/models/scrl_r50.py',
    '../_base_/datasets/scrl_imagenet.py',
    '../_base_/schedules/scrl_published.py',
    '../_base_/schedules/scrl_1000ep.py',
    '../_base_/scrl_imagenet_runtime.py',
]
model = dict(
    teacher_init='independent',
    online_probe=dict(type='LinearProbe', num_classes=1000, in_channels=2048),
)
optim_wrapper = dict(optimizer=dict(lr=6.4, weight_decay=1.5e-6))
default_hooks = dict(
    teacher=dict(momentum=0.996), checkpoint=dict(interval=20)
)
