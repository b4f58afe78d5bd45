# Classification of ImageNet, a ResNet-50 of any method fine-tuned. No paper
# here has such a recipe: it is mmpretrain's own for self-supervised ResNets.
# --cfg-options model.backbone.init_cfg.checkpoint=backbone.pth
_base_ = 'mmpretrain::spark/benchmarks/resnet50_8xb256-coslr-300e_in1k.py'
model = dict(
    backbone=dict(
        init_cfg=dict(
            _delete_=True, type='Pretrained', checkpoint='backbone.pth'
        )
    )
)
benchmark = dict(
    name='classification',
    title='ImageNet, fine-tuned',
    metric='accuracy/top1',
    slots=dict(last='model.head.in_channels'),
)
