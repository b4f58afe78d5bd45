# SOLIDER, Swin-S, LUPerson at 384x128, 10 epochs on from 100 of DINO.
# The published scripts name Swin-T alone; all else is as there.
# Cost: 8 GPUs, 108,850 steps of 384 images of ten views.
# ablates: model.backbone.arch, load_from
_base_ = './solider_swin-t_8xb48-10ep_from-dino_luperson-384x128.py'
model = dict(backbone=dict(arch='small'))
load_from = 'work_dirs/dino_swin-s_8xb48-100ep_luperson-384x128/epoch_100.pth'
