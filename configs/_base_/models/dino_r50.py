# DINO on a ResNet-50, as published: the head without batch norms, too.
_base_ = './dino_swin.py'
model = dict(
    backbone=dict(
        _delete_=True,
        type='ResNet',
        depth=50,
        out_indices=(3,),
        zero_init_residual=False,
    ),
    neck=dict(in_channels=2048),
)
