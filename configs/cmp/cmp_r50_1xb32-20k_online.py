# CMP, ResNet-50 on one GPU, straight from videos: no flow on disk, more work
# for the CPU. The training of cmp_r50_1xb32-20k_videos otherwise.
# Cost: 1 GPU and at least 8 CPU cores, 0.64 M samples.
_base_ = [
    '../_base_/models/cmp_r50.py',
    '../_base_/datasets/cmp_video_pairs.py',
    '../_base_/schedules/cmp_sgd.py',
    '../_base_/schedules/cmp_20k.py',
    '../_base_/default_runtime.py',
]
# The published rate is 0.1 at batches of 64 to 256; half of it for half 64.
optim_wrapper = dict(optimizer=dict(lr=0.05))
default_hooks = dict(checkpoint=dict(interval=2000, max_keep_ckpts=3))
auto_scale_lr = dict(enable=False, base_batch_size=32)
