# The demo without batch statistics: the loss of a step is then the same for
# one process and for several at equal global batch, and can be compared.
# ablates: model.backbone.norm_cfg, model.motion_encoder.norm_cfg
# ablates: model.decoder.norm_cfg
_base_ = './cmp_r18_cpu-demo.py'
norm = dict(type='GN', num_groups=8)
model = dict(
    backbone=dict(norm_cfg=norm),
    motion_encoder=dict(norm_cfg=norm),
    decoder=dict(norm_cfg=norm),
)
del norm
