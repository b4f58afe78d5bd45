# CMP, ResNet-18 on a CPU in minutes, with what `make demo` puts into
# data/demo: a first look, not a backbone to keep.
# Cost: 2 CPU cores, about 3 minutes.
_base_ = [
    '../_base_/models/cmp_r18.py',
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
    loader.dataset.data_root = 'data/demo'
    loader.dataset.pipeline[2].update(short_size=144, size=128)
    loader.dataset.pipeline[-2].update(  # 16 grid points, 32 px apart
        bg_ratio=9.765625e-4, nms_size=15, max_points=-1
    )
    loader.num_workers = 1
del loader
_base_.train_dataloader.dataset.pipeline[-6].prob = 0.5  # mirrors
_base_.param_scheduler[0].milestones = [300, 380]

train_dataloader = dict(batch_size=8)
optim_wrapper = dict(optimizer=dict(lr=0.05))
train_cfg = dict(max_iters=400, val_interval=100)
default_hooks = dict(
    logger=dict(interval=10),
    checkpoint=dict(interval=100, max_keep_ckpts=1),
)
env_cfg = dict(cudnn_benchmark=False, dist_cfg=dict(backend='gloo'))
auto_scale_lr = dict(enable=False, base_batch_size=8)
