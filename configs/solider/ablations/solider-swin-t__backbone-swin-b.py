# Swin-B instead of Swin-T.
# ablates: model.backbone.arch, model.neck.in_channels
# ablates: model.semantic_head.in_channels
_base_ = '../solider_swin-t_1xb64-100ep_people.py'
model = dict(
    backbone=dict(arch='base'),
    neck=dict(in_channels=1024),
    semantic_head=dict(in_channels=1024),
)
