# CMP, ResNet-18 on a CPU, on generated people: `mmssl puppets data/puppets`.
# What the study of docs/results.md compares. The guidance is as dense as the
# published YFCC and YouTube recipe's (a grid of 2 x 2, windows of a fifth of
# the crop), so that most people have a vector or two.
# Cost: 2 CPU cores, 15 minutes.
_base_ = [
    '../_base_/models/cmp_r18.py',
    '../_base_/datasets/cmp_flow_pairs.py',
    '../_base_/schedules/cmp_adamw.py',
    '../_base_/schedules/cmp_cpu.py',
    '../_base_/default_runtime.py',
]
# The last map has stride 16: people are small.
model = dict(
    backbone=dict(strides=(1, 2, 2, 1), dilations=(1, 1, 1, 2)),
    neck=dict(upsample=2),
    # Of all pixels 99 % move by less than 10 px.
    head=dict(codec=dict(nbins=41, fmax=16)),
)
for loader in (
    _base_.train_dataloader,
    _base_.val_dataloader,
    _base_.test_dataloader,
):
    loader.dataset.update(data_root='data/puppets/flow', flow_file_type='flo')
    loader.dataset.pipeline[2].update(short_size=160, size=128)
    loader.dataset.pipeline[-2].update(  # 67 and 27 px: 200 and 81 of 384
        bg_ratio=1 / 67**2, nms_size=27, max_points=-1
    )
    loader.num_workers = 1
    loader.batch_size = 8
del loader
for transform in _base_.train_dataloader.dataset.pipeline:
    if transform.type in ('FlipImageFlow', 'ReverseFlow'):
        transform.prob = 0.5
del transform
train_cfg = dict(max_iters=1500, val_interval=500)

default_hooks = dict(
    logger=dict(interval=50),
    checkpoint=dict(interval=500, max_keep_ckpts=1),
    visualization=dict(number=6, every=20),
)
env_cfg = dict(cudnn_benchmark=False, dist_cfg=dict(backend='gloo'))
auto_scale_lr = dict(enable=False, base_batch_size=8, rule='sqrt')
