# SOLIDER, COCO keypoints of one person at a time: Swin-T, 384x288 px.
# Published recipe (mmpose 0.25): strides (4, 2, 1, 1), lambda 0.8 and trained
# on, one transposed convolution, heatmaps 96x72 of sigma 2, AdamW lr 7e-4
# without weight decay, warm-up of 11710 iterations from 0.001, steps after
# epochs 170 and 200 of 210, mixed precision, batch 8 x 16; boxes of the
# detector with AP 56; mean of the image and its mirror.
# Backbone: mmssl export CHECKPOINT backbone.pth --part teacher
# --cfg-options model.backbone.init_cfg.checkpoint=backbone.pth
_base_ = (
    'mmpose::body_2d_keypoint/topdown_heatmap/coco/'
    'td-hm_res50_8xb64-210e_coco-384x288.py'
)
custom_imports = dict(imports=['mmssl.models', 'mmssl.downstream.pose'])
codec = dict(sigma=2)
model = dict(
    backbone=dict(
        _delete_=True,
        type='mmssl.SemanticSwinTransformer',
        arch='tiny',
        semantic_weight=0.8,
        strides=(4, 2, 1, 1),
        drop_path_rate=0.0,
        out_indices=(3,),
        init_cfg=dict(
            type='Pretrained', checkpoint='backbone.pth', prefix='backbone.'
        ),
    ),
    head=dict(
        in_channels=768,
        deconv_out_channels=(256,),
        deconv_kernel_sizes=(4,),
        decoder=codec,
    ),
)
train_pipeline = _base_.train_pipeline
train_pipeline[4] = dict(
    type='mmssl.ClippedBBoxTransform',
    scale_factor=0.5,
    rotation_factor=40,
    rotation_prob=0.6,
)
train_pipeline[6].encoder.sigma = 2
train_dataloader = dict(batch_size=16, dataset=dict(pipeline=train_pipeline))
optim_wrapper = dict(
    _delete_=True,
    type='AmpOptimWrapper',
    loss_scale='dynamic',
    optimizer=dict(
        type='AdamW', lr=7e-4, betas=(0.9, 0.999), weight_decay=0.0
    ),
    paramwise_cfg=dict(
        custom_keys=dict(relative_position_bias_table=dict(decay_mult=0.0))
    ),
)
_base_.param_scheduler[0].end = 11710
train_cfg = dict(val_interval=5)
auto_scale_lr = dict(base_batch_size=128)
benchmark = dict(
    name='pose',
    title='COCO pose',
    metric='coco/AP',
    slots=dict(last='model.head.in_channels'),
    semantic_weight=0.8,
)
