# CMP, ResNet-50 with the skip decoder, VIP and MPII: the published model for
# interactive propagation and semi-automatic annotation. The paper reports no
# number for it. Cost: 8 GPUs, 2.7 M samples.
_base_ = [
    '../_base_/models/cmp_r50_skip.py',
    '../_base_/datasets/cmp_flow_pairs.py',
    '../_base_/schedules/cmp_sgd.py',
    '../_base_/schedules/cmp_42k.py',
    '../_base_/default_runtime.py',
]
for loader in (
    _base_.train_dataloader,
    _base_.val_dataloader,
    _base_.test_dataloader,
):
    loader.dataset.pipeline[-2].bg_ratio = 5.74e-5  # stride 131, as published
    loader.dataset.pipeline[-2].max_points = -1
del loader

# The published lists hold paths relative to the working directory.
train_dataloader = dict(
    batch_size=8,
    sampler=dict(type='GivenIterationSampler', total_iter=42000, batch_size=8),
    dataset=dict(
        data_root='',
        ann_file=['data/VIP/lists/train.txt', 'data/MPII/lists/train.txt'],
    ),
)
val_dataloader = dict(
    dataset=dict(data_root='', ann_file=['data/VIP/lists/randval.txt'])
)
test_dataloader = val_dataloader
train_cfg = dict(val_interval=5000)
default_hooks = dict(checkpoint=dict(interval=5000))
auto_scale_lr = dict(enable=False, base_batch_size=64)
