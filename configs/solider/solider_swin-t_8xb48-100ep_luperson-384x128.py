# SOLIDER, Swin-T, LUPerson at 384x128, 100 epochs from scratch, else as
# published for 256x128.
# There is no published script for this size, only the aspects of its views;
# the size of the small ones is our choice.
# Cost: 8 GPUs, 1,088,500 steps of 384 images of ten views.
_base_ = [
    '../_base_/models/solider_swin_published.py',
    '../_base_/datasets/person_views_384x128.py',
    '../_base_/schedules/dino_published.py',
    '../_base_/schedules/dino_100ep.py',
    '../_base_/solider_runtime.py',
]
model = dict(backbone=dict(img_size=(384, 128)))
