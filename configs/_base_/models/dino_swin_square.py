# DINO on a plain Swin-T for square crops. Small crops leave maps smaller than
# the window, which are padded.
_base_ = './dino_swin.py'
model = dict(
    backbone=dict(
        _delete_=True,
        type='SwinTransformer',
        arch='tiny',
        img_size=224,
        drop_path_rate=0.1,
        out_indices=(3,),
        pad_small_map=True,
    )
)
