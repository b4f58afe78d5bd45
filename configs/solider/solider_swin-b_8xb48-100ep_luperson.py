# SOLIDER, Swin-B, LUPerson at 256x128, 100 epochs from scratch.
# The published scripts name Swin-T alone; all else is as there.
# Cost: 8 GPUs, 1,088,500 steps of 384 images of ten views.
# ablates: model.backbone.arch, model.neck.in_channels
# ablates: model.semantic_head.in_channels
_base_ = './solider_swin-t_8xb48-100ep_luperson.py'
model = dict(
    backbone=dict(arch='base'),
    neck=dict(in_channels=1024),
    semantic_head=dict(in_channels=1024),
)
