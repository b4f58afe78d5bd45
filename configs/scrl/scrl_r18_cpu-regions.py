# SCRL, a narrow ResNet-18 on a CPU in 20 minutes, measured along the way on
# labelled boxes of data/regions (train.json and val.json with their images in
# train and val; unlabelled: what is learned from). For comparing methods on
# small data; too narrow for detectors to read.
# Cost: 1 CPU core, 20 minutes for 1200 images.
_base_ = [
    '../_base_/models/scrl_r18.py',
    '../_base_/datasets/scrl_images.py',
    '../_base_/schedules/scrl_sgd.py',
    '../_base_/schedules/scrl_cpu.py',
    '../_base_/scrl_runtime.py',
]
train_dataloader = dict(batch_size=32, num_workers=1)
_base_.train_dataloader.dataset.data_root = 'data/regions/unlabelled'
for view in _base_.train_dataloader.dataset.pipeline[1].views:
    view[0].size = 96
del view
_base_.train_dataloader.dataset.pipeline[2].min_size = 16
model = dict(  # half of the channels; the last map has 6 x 6 cells
    backbone=dict(strides=(1, 2, 2, 1), stem_channels=32, base_channels=32),
    neck=dict(in_channels=256, hid_channels=1024),
    head=dict(predictor=dict(hid_channels=1024)),
    region=dict(stride=16),
)
optim_wrapper = dict(
    optimizer=dict(_delete_=True, type='AdamW', lr=2e-3, weight_decay=0.05)
)
auto_scale_lr = dict(base_batch_size=32, rule='sqrt')
train_cfg = dict(max_epochs=20)

boxes = {
    split: dict(
        batch_size=16,
        num_workers=1,
        dataset=dict(
            type='CocoRegions',
            data_root='data/regions',
            ann_file=f'{split}.json',
            img_root=split,
            test_mode=True,
            pipeline=[
                dict(type='LoadImageRGB'),
                dict(type='ResizeRegions', short_side=160, max_size=400),
                dict(type='PackRegions'),
            ],
        ),
    )
    for split in ('train', 'val')
}
custom_hooks = [
    dict(
        type='ProbeHook',
        interval=5,
        probes=[
            dict(
                type='RegionKnnProbe',
                loader=boxes['val'],
                bank_loader=boxes['train'],
            )
        ],
    )
]
del boxes
default_hooks = dict(
    logger=dict(interval=10),
    collapse=dict(interval=10),
    teacher=dict(momentum=0.99),
    visualization=dict(number=6, interval=200),
)
env_cfg = dict(cudnn_benchmark=False, dist_cfg=dict(backend='gloo'))
