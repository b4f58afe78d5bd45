# SOLIDER, Swin-T, LUPerson at 256x128, 100 epochs from scratch, as published.
# Cost: 8 GPUs, 1,088,500 steps of 384 images of ten views.
_base_ = [
    '../_base_/models/solider_swin_published.py',
    '../_base_/datasets/person_views.py',
    '../_base_/schedules/dino_published.py',
    '../_base_/schedules/dino_100ep.py',
    '../_base_/solider_runtime.py',
]
