# CMP, ResNet-18 on a CPU in minutes, with what `make demo` puts into
# data/demo: a first look, not a backbone to keep.
# Cost: 2 CPU cores, about 4 minutes.
_base_ = [
    '../_base_/models/cmp_r18.py',
    '../_base_/datasets/cmp_flow_pairs.py',
    '../_base_/schedules/cmp_adamw.py',
    '../_base_/schedules/cmp_cpu.py',
    '../_base_/default_runtime.py',
]
for loader in (
    _base_.train_dataloader,
    _base_.val_dataloader,
    _base_.test_dataloader,
):
    loader.dataset.update(data_root='data/demo/flow', flow_file_type='flo')
    loader.dataset.pipeline[2].update(short_size=128, size=128)
    loader.dataset.pipeline[-2].update(  # grid points 16 px apart
        bg_ratio=1 / 256, nms_size=15, max_points=-1
    )
    loader.num_workers = 1
    loader.batch_size = 8
del loader
# Few pairs: without these the network learns them by heart and does not look
# at the guidance.
for transform in _base_.train_dataloader.dataset.pipeline:
    if transform.type == 'ResizeCropImageFlow':
        transform.size = 96
    if transform.type in ('FlipImageFlow', 'ReverseFlow'):
        transform.prob = 0.5
    if transform.type == 'RotateFlow':
        transform.prob = 1.0
del transform

default_hooks = dict(
    logger=dict(interval=20),
    checkpoint=dict(interval=300, max_keep_ckpts=1),
    visualization=dict(number=6, every=20),
)
env_cfg = dict(cudnn_benchmark=False, dist_cfg=dict(backend='gloo'))
# AdamW's rate goes with the square root of the batch.
auto_scale_lr = dict(enable=False, base_batch_size=8, rule='sqrt')
