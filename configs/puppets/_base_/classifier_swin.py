# Swin classifier of mmpretrain, as small as SOLIDER's and DINO's CPU recipes
# have it, for 26 attributes. Padded maps, as in pretraining.
_base_ = './classifier_r18.py'
model = dict(
    backbone=dict(
        _delete_=True,
        type='SwinTransformer',
        arch=dict(embed_dims=32, depths=[1, 2, 4], num_heads=[1, 2, 4]),
        img_size=(128, 64),
        window_size=4,
        out_indices=(2,),
        drop_path_rate=0.0,
        pad_small_map=True,
    ),
    head=dict(in_channels=128),
)
