# AdamW for small models on a CPU, in single precision. The rate is our choice,
# eight times what 5e-4 for each 256 images would be: runs are short.
optim_wrapper = dict(
    type='OptimWrapper',
    accumulative_counts=1,
    clip_grad=dict(type='parameter', max_norm=3.0),
    constructor='RoleOptimWrapperConstructor',
    optimizer=dict(type='AdamW', lr=5e-4, weight_decay=0.04),
    paramwise_cfg=dict(),
)
auto_scale_lr = dict(enable=False, base_batch_size=32)
