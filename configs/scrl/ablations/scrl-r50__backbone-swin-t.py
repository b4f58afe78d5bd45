# Swin-T with what the authors' Swin configs have: AdamW (sqrt rule), three
# layers of projector with a last norm.
# ablates: model.backbone, model.neck.in_channels, model.neck.num_layers
# ablates: model.neck.with_last_bn, optim_wrapper.optimizer
# ablates: auto_scale_lr.rule
_base_ = '../scrl_r50_1xb128-100ep_images.py'
_base_.model.backbone = dict(
    type='SwinTransformer', arch='tiny', img_size=224, pad_small_map=True
)
_base_.model.neck.update(in_channels=768, num_layers=3, with_last_bn=True)
_base_.optim_wrapper.optimizer = dict(
    type='AdamW', lr=7.07e-4, weight_decay=0.05
)
auto_scale_lr = dict(rule='sqrt')
