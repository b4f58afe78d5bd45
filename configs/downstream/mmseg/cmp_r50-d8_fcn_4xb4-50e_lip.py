# LIP, one person per photo, by CMP's ResNet-50. Paper: mIoU 36.9 (1.26 M
# pairs), 40.2 (4.57 M) (ImageNet 42.5, random 32.5); 50 epochs, lr 0.01, poly
# 0.9. The rest is not published and mmseg's own: FCN on a ResNet of stride 8,
# batch 16, crop 512, weight decay.
# --cfg-options model.backbone.init_cfg.checkpoint=backbone.pth
_base_ = [
    'mmseg::_base_/models/fcn_r50-d8.py',
    '../_base_/lip_parsing.py',
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
benchmark = dict(
    name='parsing',
    title='LIP parsing',
    metric='mIoU',
    slots=dict(
        last='model.decode_head.in_channels',
        before_last='model.auxiliary_head.in_channels',
    ),
)
