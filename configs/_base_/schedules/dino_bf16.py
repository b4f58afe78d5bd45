# AdamW for one GPU: 5e-4 for each 256 images, here of 64, in bfloat16, which
# needs no loss scale.
optim_wrapper = dict(
    type='Bf16OptimWrapper',
    accumulative_counts=1,
    clip_grad=dict(type='parameter', max_norm=3.0),
    constructor='RoleOptimWrapperConstructor',
    optimizer=dict(type='AdamW', lr=1.25e-4, weight_decay=0.04),
    paramwise_cfg=dict(),
)
auto_scale_lr = dict(enable=False, base_batch_size=64)
