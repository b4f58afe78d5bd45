# Swin-S instead of Swin-T.
# ablates: model.backbone.arch
_base_ = '../solider_swin-t_1xb64-100ep_people.py'
model = dict(backbone=dict(arch='small'))
