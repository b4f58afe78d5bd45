# SCRL, ResNet-50, ImageNet, 200 epochs, as published. Reported by its authors:
# linear 68.27, COCO box AP 40.49 (Faster R-CNN) and 41.02, mask AP 37.50.
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
