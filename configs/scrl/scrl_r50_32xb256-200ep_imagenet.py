# SCRL, ResNet-50, ImageNet, 200 epochs, as published. Its authors report:
# linear 68.27, COCO box AP 40.49 (Faster R-CNN), 41.02 and mask AP 37.50 (Mask
# R-CNN).
# Cost: 32 GPUs, 31,400 steps of 8192 images, 256 M images of two views.
_base_ = [
    '../_base_/models/scrl_r50.py',
    '../_base_/datasets/scrl_imagenet.py',
    '../_base_/schedules/scrl_published.py',
    '../_base_/schedules/scrl_200ep.py',
    '../_base_/scrl_imagenet_runtime.py',
]
model = dict(
    teacher_init='independent',
    online_probe=dict(type='LinearProbe', num_classes=1000, in_channels=2048),
)
