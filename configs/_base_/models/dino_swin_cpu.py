# DINO on a narrow, shallow Swin with windows of 4, light enough for a CPU:
# pictures of 128x64 give a last map of 8 x 4 cells, which the windows divide.
_base_ = './dino_swin.py'
_base_.model.backbone.arch = dict(
    embed_dims=32, depths=[1, 1, 3, 1], num_heads=[1, 2, 4, 8]
)
model = dict(
    backbone=dict(
        img_size=(128, 64),
        window_size=4,
        drop_path_rate=0.0,
        strides=(4, 2, 2, 1),
    ),
    neck=dict(in_channels=256, hid_channels=1024, num_prototypes=4096),
    head=dict(num_prototypes=4096),
)
