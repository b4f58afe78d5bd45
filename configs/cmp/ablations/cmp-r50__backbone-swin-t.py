# Swin-T (stride 32), with its own initial weights and optimiser.
# ablates: model.backbone, model.neck.in_channels
# ablates: model.motion_encoder.strides, model.weight_init
# ablates: optim_wrapper.optimizer, auto_scale_lr.rule
_base_ = '../cmp_r50_1xb32-20k_videos.py'
_base_.model.backbone = dict(
    type='SwinTransformer', arch='tiny', img_size=256, pad_small_map=True
)
_base_.optim_wrapper.optimizer = dict(type='AdamW', lr=5e-4, weight_decay=0.05)
_base_.auto_scale_lr.rule = 'sqrt'
model = dict(
    neck=dict(in_channels=768),
    motion_encoder=dict(strides=(2, 2, 8)),
    weight_init='backbone',
)
