# LIP's track of several people per photo (CIHP), by CMP's ResNet-50. Paper:
# mIoU 51.8 (1.26 M pairs), 52.9 (4.57 M) (ImageNet 55.4, random 35.0); 120
# epochs, lr 0.01, poly 0.9. The rest is not published and mmseg's own: FCN on
# a ResNet of stride 8, batch 16, crop 512, weight decay.
# --cfg-options model.backbone.init_cfg.checkpoint=backbone.pth
_base_ = [
    'mmseg::_base_/models/fcn_r50-d8.py',
    '../_base_/cihp_parsing.py',
    '../_base_/parsing_epochs.py',
]
model = dict(
    pretrained=None,
    data_preprocessor=dict(size=(512, 512)),
    backbone=dict(
        type='ResNet',
        init_cfg=dict(type='Pretrained', checkpoint='backbone.pth'),
    ),
    decode_head=dict(num_classes=20),
    auxiliary_head=dict(num_classes=20),
)
_base_.param_scheduler[0].end = 120
train_cfg = dict(max_epochs=120)
benchmark = dict(
    name='scenes',
    title='CIHP parsing',
    metric='mIoU',
    slots=dict(
        last='model.decode_head.in_channels',
        before_last='model.auxiliary_head.in_channels',
    ),
)
