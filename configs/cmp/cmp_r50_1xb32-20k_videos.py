# CMP, ResNet-50 on one GPU, with your own videos: the published COCO recipe
# at a batch of 32. The base of all ablations. Data: videos_to_flow.py of
# tools/dataset_converters. Cost: 1 GPU, 0.64 M samples.
_base_ = [
    '../_base_/models/cmp_r50.py',
    '../_base_/datasets/cmp_flow_pairs.py',
    '../_base_/schedules/cmp_sgd.py',
    '../_base_/schedules/cmp_20k.py',
    '../_base_/default_runtime.py',
]
for loader in (
    _base_.train_dataloader,
    _base_.val_dataloader,
    _base_.test_dataloader,
):
    loader.dataset.data_root = 'data/videos_flow'
    loader.dataset.pipeline[2].update(short_size=333, size=256)
    loader.dataset.pipeline[-2].update(  # as published at this size
        bg_ratio=5.632e-5, nms_size=49, max_points=-1
    )
del loader

train_dataloader = dict(batch_size=32, num_workers=8)
# The published rate is 0.1 at batches of 64 to 256; half of it for half 64.
optim_wrapper = dict(optimizer=dict(lr=0.05))
default_hooks = dict(checkpoint=dict(interval=2000, max_keep_ckpts=3))
auto_scale_lr = dict(enable=False, base_batch_size=32)
