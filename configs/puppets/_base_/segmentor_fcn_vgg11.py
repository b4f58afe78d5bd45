# The small FCN on mmpretrain's VGG-11 with batch norm, cut before its last
# pool (stride 16).
_base_ = './segmentor_fcn_r18.py'
custom_imports = dict(imports=['mmpretrain.models'])
model = dict(
    backbone=dict(
        _delete_=True,
        type='mmpretrain.VGG',
        depth=11,
        norm_cfg=dict(type='BN'),
        with_last_pool=False,
    ),
    decode_head=dict(in_index=0),
)
