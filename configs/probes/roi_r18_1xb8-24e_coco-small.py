# RoI linear evaluation of a ResNet-18 on a few hundred images with boxes
# (data/regions: train.json, val.json, train, val), on one GPU or a CPU.
# Cost: 2 CPU cores, some minutes for 128 images.
_base_ = [
    '../_base_/models/roi_r50.py',
    '../_base_/datasets/roi_coco.py',
    '../_base_/schedules/roi_12e.py',
    '../_base_/probe_runtime.py',
]
model = dict(backbone=dict(depth=18), head=dict(in_channels=512))
for loader, split in (
    (_base_.train_dataloader, 'train'),
    (_base_.val_dataloader, 'val'),
    (_base_.test_dataloader, 'val'),
):
    loader.num_workers = 1
    loader.dataset.update(
        data_root='data/regions', ann_file=f'{split}.json', img_root=split
    )
    loader.dataset.pipeline[1].update(short_side=320, max_size=640)
del loader, split
_base_.train_dataloader.batch_size = 8
param_scheduler = [dict(_base_.param_scheduler[0], end=24)]
train_cfg = dict(max_epochs=24, val_interval=4)
env_cfg = dict(cudnn_benchmark=False, dist_cfg=dict(backend='gloo'))
auto_scale_lr = dict(base_batch_size=8)
