# BYOL, ResNet-50, ImageNet, 200 epochs, as published with SCRL. Its authors
# report: linear 73.14, COCO box AP 38.35 (Faster R-CNN), 38.86, mask 35.96.
# Cost: 32 GPUs, 31,400 steps of 8192 images, 256 M images of two views.
_base_ = [
    '../_base_/models/byol_r50.py',
    '../_base_/datasets/byol_imagenet.py',
    '../_base_/schedules/scrl_published.py',
    '../_base_/schedules/scrl_200ep.py',
    '../_base_/scrl_imagenet_runtime.py',
]
model = dict(
    teacher_init='independent',
    online_probe=dict(type='LinearProbe', num_classes=1000, in_channels=2048),
)
