# Classification of ImageNet, a Swin-T of DINO or SOLIDER fine-tuned. No paper
# here has such a recipe: it is mmpretrain's own for self-supervised Swins, on
# the smaller network. Padded maps: at 224 px the last one is as small as a
# window, which mmpretrain's Swin would then not shift, while pretraining does.
# --cfg-options model.backbone.init_cfg.checkpoint=backbone.pth
_base_ = 'mmpretrain::simmim/benchmarks/swin-base-w7_8xb256-coslr-100e_in1k.py'
model = dict(
    backbone=dict(
        arch='tiny',
        pad_small_map=True,
        init_cfg=dict(checkpoint='backbone.pth'),
    ),
    head=dict(in_channels=768),
)
benchmark = dict(
    name='classification-swin',
    title='ImageNet, fine-tuned, Swin',
    metric='accuracy/top1',
    slots=dict(last='model.head.in_channels'),
)
