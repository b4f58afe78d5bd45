# DINO, Swin-T, square crops of any folder of images on one GPU, labels or not.
# The teacher's momentum is what DINO's authors advise for batches of 256: see
# docs/small_batch.md. Not measured.
# Cost: 1 GPU; 100 epochs of 100,000 images are 156,200 steps.
_base_ = [
    '../_base_/models/dino_swin_square.py',
    '../_base_/datasets/image_multicrop.py',
    '../_base_/schedules/dino_bf16.py',
    '../_base_/schedules/dino_100ep.py',
    '../_base_/dino_runtime.py',
]
default_hooks = dict(teacher=dict(momentum=0.9995))
