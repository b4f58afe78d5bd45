# VOC 2012 segmentation by CMP's AlexNet. Paper: mIoU 42.9 (1.26 M pairs), 44.5
# (3.22 M) (ImageNet 48.0, random 19.8); FCN-32s, all layers trained, lr 0.01,
# x0.1 at 30k, 48k and 60k of 66k iterations. FCN-32s: classes from fc7 by a
# 1x1 convolution, enlarged 32 times; what pretraining had behind fc7 (conv8)
# is its neck and not in an exported backbone. The rest is not published and
# mmseg's own: batch 16, crop 512, weight decay, photos added to VOC's.
# --cfg-options model.backbone.init_cfg.checkpoint=backbone.pth
_base_ = 'mmseg::fcn/fcn_r50-d8_4xb4-20k_voc12aug-512x512.py'
custom_imports = dict(imports=['mmssl.models'])
model = dict(
    pretrained=None,
    backbone=dict(
        _delete_=True,
        type='mmssl.AlexNetBN',
        variant='32x',
        norm_cfg=dict(type='SyncBN', requires_grad=True),
        init_cfg=dict(type='Pretrained', checkpoint='backbone.pth'),
    ),
    decode_head=dict(
        in_channels=4096,
        in_index=0,
        channels=4096,
        num_convs=0,
        concat_input=False,
        dropout_ratio=0.0,  # fc7 has its own
    ),
    auxiliary_head=None,
)
param_scheduler = [
    dict(
        type='MultiStepLR',
        milestones=[30000, 48000, 60000],
        gamma=0.1,
        by_epoch=False,
    )
]
train_cfg = dict(max_iters=66000)
benchmark = dict(
    name='segmentation-fcn-32s',
    title='VOC12 segmentation, FCN-32s',
    metric='mIoU',
    slots=dict(
        last=['model.decode_head.in_channels', 'model.decode_head.channels']
    ),
)
