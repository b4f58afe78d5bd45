# SOLIDER, Swin-B, LUPerson at 384x128, 10 epochs on from 100 of DINO.
# The published scripts name Swin-T alone; all else is as there.
# Cost: 8 GPUs, 108,850 steps of 384 images of ten views.
# ablates: model.backbone.arch, model.neck.in_channels
# ablates: model.semantic_head.in_channels, load_from
_base_ = './solider_swin-t_8xb48-10ep_from-dino_luperson-384x128.py'
model = dict(
    backbone=dict(arch='base'),
    neck=dict(in_channels=1024),
    semantic_head=dict(in_channels=1024),
)
load_from = 'work_dirs/dino_swin-b_8xb48-100ep_luperson-384x128/epoch_100.pth'
