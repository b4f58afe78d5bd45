# DINO, Swin-B, LUPerson at 384x128, 100 epochs.
# The published scripts name Swin-T alone; all else is as there.
# Cost: 8 GPUs, 1,088,500 steps of 384 images of ten views.
# ablates: model.backbone.arch, model.neck.in_channels
_base_ = './dino_swin-t_8xb48-100ep_luperson-384x128.py'
model = dict(
    backbone=dict(arch='base'),
    neck=dict(in_channels=1024),
)
