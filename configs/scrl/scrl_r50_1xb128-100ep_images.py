# SCRL, ResNet-50, any folder of images on one GPU, labels or not. Norms and
# biases by their role, teacher 0.99: see docs/small_batch.md. Not measured.
# Cost: 1 GPU; 100 epochs of 100,000 images are 78,200 steps.
_base_ = [
    '../_base_/models/scrl_r50.py',
    '../_base_/datasets/scrl_images.py',
    '../_base_/schedules/scrl_lars_roles.py',
    '../_base_/schedules/scrl_100ep.py',
    '../_base_/scrl_runtime.py',
]
train_dataloader = dict(batch_size=128)
default_hooks = dict(teacher=dict(momentum=0.99))
