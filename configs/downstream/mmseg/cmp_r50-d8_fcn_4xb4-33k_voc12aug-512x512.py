# VOC 2012 segmentation by CMP's ResNet-50. Paper: mIoU 59.0 (ImageNet 69.0,
# random 42.4); 33k iterations, lr 0.01, poly 0.9. The rest is not published
# and mmseg's own FCN: head, dilations (it halves those of a stage's first
# block, pretraining does not), batch 16, crop 512, weight decay, photos added
# to VOC's. Its ResNet has another stem, though: this one is pretraining's.
# --cfg-options model.backbone.init_cfg.checkpoint=backbone.pth
_base_ = 'mmseg::fcn/fcn_r50-d8_4xb4-20k_voc12aug-512x512.py'
model = dict(
    pretrained=None,
    backbone=dict(
        type='ResNet',
        init_cfg=dict(type='Pretrained', checkpoint='backbone.pth'),
    ),
)
_base_.param_scheduler[0].end = 33000
train_cfg = dict(max_iters=33000)
benchmark = dict(
    name='segmentation',
    title='VOC12 segmentation',
    metric='mIoU',
    slots=dict(
        last='model.decode_head.in_channels',
        before_last='model.auxiliary_head.in_channels',
    ),
)
