# Linear segmentation of people on the last map of a frozen ResNet-18 of any
# method (8 x 4 cells of 256 x 128 px), on one GPU or a CPU.
# Cost: 2 CPU cores, some minutes for 400 photos.
_base_ = [
    '../_base_/models/parsing_swin.py',
    '../_base_/datasets/parsing_people.py',
    '../_base_/schedules/parsing_20e.py',
    '../_base_/parsing_runtime.py',
]
model = dict(
    backbone=dict(
        _delete_=True,
        type='ResNet',
        depth=18,
        init_cfg=dict(
            type='Pretrained',
            checkpoint='CHECKPOINT',
            prefix='backbone.',
            min_matched=1.0,
        ),
    ),
    head=dict(in_channels=512),
)
for loader in (
    _base_.train_dataloader,
    _base_.val_dataloader,
    _base_.test_dataloader,
):
    loader.num_workers = 1
del loader
env_cfg = dict(cudnn_benchmark=False, dist_cfg=dict(backend='gloo'))
