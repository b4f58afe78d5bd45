# SOLIDER on a narrow, shallow Swin with windows of 4, light enough for a CPU:
# pictures of 128x64 give a last map of 8 x 4 cells, which the windows divide.
# Three stages: a fourth one of stride 1 would pad the last row and column, and
# in short runs that is what the features tell best. Without batch norms in the
# neck, runs of a thousand steps ended with one answer for all pictures. No
# foreground is split off: behind the last norm all tokens are about as long,
# and short runs do not change that.
_base_ = './solider_swin.py'
_base_.model.backbone.arch = dict(
    embed_dims=32, depths=[1, 2, 4], num_heads=[1, 2, 4]
)
model = dict(
    backbone=dict(
        img_size=(128, 64),
        window_size=4,
        drop_path_rate=0.0,
        strides=(4, 2, 2),
        out_indices=(2,),
    ),
    neck=dict(
        in_channels=128,
        hid_channels=512,
        bottleneck_channels=128,
        num_prototypes=2048,
        use_bn=True,
    ),
    head=dict(num_prototypes=2048),
    semantic_head=dict(in_channels=128),
    part_labels=dict(foreground=False),
)
