# DINO on a Swin-T for pictures of people, as SOLIDER's published code trains
# it: its semantic Swin at lambda 0, so that SOLIDER can go on from there. For
# Swin-B: arch='base' and in_channels=1024.
model = dict(
    type='DINO',
    data_preprocessor=dict(
        type='ViewsDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
    ),
    backbone=dict(
        type='SemanticSwinTransformer',
        arch='tiny',
        img_size=(256, 128),
        drop_path_rate=0.1,
        semantic_weight=0.0,
        strides=(4, 2, 2, 2),
        out_indices=(3,),
        pad_small_map=True,
    ),
    neck=dict(
        type='DINONeck',
        in_channels=768,
        hid_channels=2048,
        bottleneck_channels=256,
        num_prototypes=65536,
        num_layers=3,
        norm_last_layer=True,
        use_bn=False,
    ),
    head=dict(
        type='DINOHead',
        num_prototypes=65536,
        student_temp=0.1,
        teacher_temp=0.04,
        center_momentum=0.9,
    ),
    num_global_views=2,
    teacher_drop_path=0.0,
    teacher_init='copy',
)
