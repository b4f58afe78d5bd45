# Linear classification of ImageNet on a frozen Swin-T of DINO or SOLIDER. No
# paper here has such a recipe: it is mmpretrain's own for transformers (90
# epochs of SGD, lr 12), on mean features as Swin gives them. Padded maps: at
# 224 px the last one is as small as a window, which mmpretrain's Swin would
# then not shift, while pretraining does.
# --cfg-options model.backbone.init_cfg.checkpoint=backbone.pth
_base_ = (
    'mmpretrain::mocov3/benchmarks/'
    'vit-small-p16_8xb128-linear-coslr-90e_in1k.py'
)
model = dict(
    backbone=dict(
        _delete_=True,
        type='SwinTransformer',
        arch='tiny',
        pad_small_map=True,
        drop_path_rate=0.0,
        frozen_stages=3,
        init_cfg=dict(
            type='Pretrained', checkpoint='backbone.pth', prefix='backbone.'
        ),
    ),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(type='LinearClsHead', in_channels=768),
)
benchmark = dict(
    name='classification-linear-swin',
    title='ImageNet, linear, Swin',
    metric='accuracy/top1',
    slots=dict(last='model.head.in_channels'),
)
