# VOC 2012 segmentation by CMP's VGG-16. Paper: mIoU 57.6 (ImageNet 64.1,
# random 35.0), without a recipe: all of it is mmseg's own FCN. mmpretrain's
# VGG-16 with batch norm, cut before its last pool (stride 16), is that of
# cmp-r50__backbone-vgg16; the paper names neither.
# --cfg-options model.backbone.init_cfg.checkpoint=backbone.pth
_base_ = 'mmseg::fcn/fcn_r50-d8_4xb4-20k_voc12aug-512x512.py'
custom_imports = dict(imports=['mmpretrain.models'])
model = dict(
    pretrained=None,
    backbone=dict(
        _delete_=True,
        type='mmpretrain.VGG',
        depth=16,
        norm_cfg=dict(type='SyncBN', requires_grad=True),
        with_last_pool=False,
        init_cfg=dict(type='Pretrained', checkpoint='backbone.pth'),
    ),
    decode_head=dict(in_channels=512, in_index=0),
    auxiliary_head=None,
)
benchmark = dict(
    name='segmentation-vgg',
    title='VOC12 segmentation, VGG',
    metric='mIoU',
    slots=dict(last='model.decode_head.in_channels'),
)
