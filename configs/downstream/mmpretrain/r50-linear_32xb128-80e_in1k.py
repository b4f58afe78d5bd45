# Linear classification of ImageNet on a frozen ResNet-50 of any method, as
# SCRL publishes it: 80 epochs of SGD with Nesterov's momentum inside LARS, no
# decay, lr 3.2 for 32 GPUs x 128 photos, warm-up 5 epochs, cosine, bicubic
# sampling, evaluated every 5 epochs. mmpretrain's LARS has the lr inside the
# momentum; configs/probes/linear_r50_32xb128-80e_in1k.py is SCRL's to the
# letter. Paper: SCRL 68.3 (200 epochs), 70.7 (1000), BYOL 73.1 and 74.5.
# --cfg-options model.backbone.init_cfg.checkpoint=backbone.pth
_base_ = 'mmpretrain::byol/benchmarks/resnet50_8xb512-linear-coslr-90e_in1k.py'
model = dict(
    backbone=dict(
        init_cfg=dict(
            _delete_=True, type='Pretrained', checkpoint='backbone.pth'
        )
    )
)
optim_wrapper = dict(optimizer=dict(lr=3.2, nesterov=True))
param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=1e-6,
        by_epoch=True,
        end=5,
        convert_to_iter_based=True,
    ),
    dict(
        type='CosineAnnealingLR',
        by_epoch=True,
        begin=5,
        end=80,
        convert_to_iter_based=True,
    ),
]
train_cfg = dict(max_epochs=80, val_interval=5)
_base_.train_dataloader.batch_size = 128
_base_.train_dataloader.dataset.pipeline[1].interpolation = 'bicubic'
for loader in (_base_.val_dataloader, _base_.test_dataloader):
    loader.dataset.pipeline[1].interpolation = 'bicubic'
del loader
auto_scale_lr = dict(base_batch_size=4096)
benchmark = dict(
    name='classification-linear',
    title='ImageNet, linear',
    metric='accuracy/top1',
    slots=dict(last='model.head.in_channels'),
)
