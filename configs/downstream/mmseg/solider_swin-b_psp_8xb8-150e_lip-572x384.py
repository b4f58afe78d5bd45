# LIP by SOLIDER's Swin-B, as Swin-T: the commands of the larger networks are
# not published.
_base_ = './solider_swin-t_psp_8xb8-150e_lip-572x384.py'
model = dict(
    backbone=dict(
        embed_dims=128, depths=(2, 2, 18, 2), num_heads=(4, 8, 16, 32)
    ),
    decode_head=dict(in_channels=1024),
)
