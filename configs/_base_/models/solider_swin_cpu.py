# SOLIDER on a Swin of half the width of Swin-T, light enough for a CPU:
# pictures of 128x64 give a last map of 8 x 4 cells.
_base_ = './solider_swin.py'
_base_.model.backbone.arch = dict(
    embed_dims=48, depths=[2, 2, 4, 2], num_heads=[2, 4, 8, 8]
)
model = dict(
    backbone=dict(
        img_size=(128, 64),
        strides=(4, 2, 2, 1),
    ),
    neck=dict(in_channels=384, hid_channels=1024, num_prototypes=4096),
    head=dict(num_prototypes=4096),
    semantic_head=dict(in_channels=384),
)
