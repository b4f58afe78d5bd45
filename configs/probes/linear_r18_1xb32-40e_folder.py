# Linear evaluation of a ResNet-18 on a small folder with a sub-folder for each
# class (data/folder/train and val), on one GPU or a CPU. LARS takes small
# steps, and small data has few of them: 32 images a step and a rate of 6.4
# (ours) do for 40 epochs what 0.2 for each 256 images does in thousands.
# Cost: 2 CPU cores, some minutes for 100 images.
_base_ = [
    '../_base_/models/linear_r50.py',
    '../_base_/datasets/linear_in1k.py',
    '../_base_/schedules/linear_80e.py',
    '../_base_/probe_runtime.py',
]
model = dict(
    backbone=dict(depth=18), head=dict(num_classes=10, in_channels=512)
)
for loader in (
    _base_.train_dataloader,
    _base_.val_dataloader,
    _base_.test_dataloader,
):
    loader.update(batch_size=32, num_workers=1)
    loader.dataset.data_root = 'data/folder'
del loader
optim_wrapper = dict(optimizer=dict(lr=6.4))
param_scheduler = [dict(_base_.param_scheduler[0], warmup=2, end=40)]
train_cfg = dict(max_epochs=40)
env_cfg = dict(cudnn_benchmark=False, dist_cfg=dict(backend='gloo'))
auto_scale_lr = dict(base_batch_size=32)
