# Linear segmentation: a frozen semantic Swin-T at lambda 1 and one linear
# layer on the cells of its last map (8 x 4 of 256 x 128 px).
model = dict(
    type='DenseLinearEvaluation',
    backbone=dict(
        type='SemanticSwinTransformer',
        arch='tiny',
        img_size=(256, 128),
        semantic_weight=1.0,
        out_indices=(3,),
        pad_small_map=True,
        init_cfg=dict(
            type='Pretrained',
            checkpoint='CHECKPOINT',
            prefix='teacher.backbone.',
            min_matched=1.0,
        ),
    ),
    head=dict(
        type='LinearProbe', num_classes=8, in_channels=768, batch_norm=True
    ),
    statistics='running',
    data_preprocessor=dict(type='ViewsDataPreprocessor'),
)
