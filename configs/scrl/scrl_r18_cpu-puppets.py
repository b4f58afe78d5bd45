# SCRL, ResNet-18 on a CPU, on generated scenes of people: `mmssl puppets
# data/puppets`. What the study of docs/results.md compares.
# Cost: 2 CPU cores, 20 minutes.
_base_ = [
    '../_base_/models/scrl_r18.py',
    '../_base_/datasets/scrl_images.py',
    '../_base_/schedules/scrl_sgd.py',
    '../_base_/schedules/scrl_cpu.py',
    '../_base_/scrl_runtime.py',
]
train_dataloader = dict(batch_size=32, num_workers=1)
_base_.train_dataloader.dataset.data_root = 'data/puppets/frames/train'
for view in _base_.train_dataloader.dataset.pipeline[1].views:
    view[0].size = 96
del view
_base_.train_dataloader.dataset.pipeline[2].min_size = 16
model = dict(  # the last map has stride 16: people are small
    backbone=dict(strides=(1, 2, 2, 1), dilations=(1, 1, 1, 2)),
    region=dict(stride=16),
)
optim_wrapper = dict(
    optimizer=dict(_delete_=True, type='AdamW', lr=1e-3, weight_decay=0.05)
)
auto_scale_lr = dict(base_batch_size=32, rule='sqrt')
train_cfg = dict(max_epochs=12)

default_hooks = dict(
    logger=dict(interval=10),
    collapse=dict(interval=10),
    teacher=dict(momentum=0.99),
    visualization=dict(number=6, interval=200),
)
env_cfg = dict(cudnn_benchmark=False, dist_cfg=dict(backend='gloo'))
