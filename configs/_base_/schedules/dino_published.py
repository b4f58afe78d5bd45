# AdamW as published: 5e-4 for each 256 images, here of 384, and mixed
# precision. Biases, norms and whatever else has one dimension have no decay;
# position tables do. Each gradient is clipped by its own norm.
optim_wrapper = dict(
    type='AmpOptimWrapper',
    loss_scale='dynamic',
    accumulative_counts=1,
    clip_grad=dict(type='parameter', max_norm=3.0),
    constructor='RoleOptimWrapperConstructor',
    optimizer=dict(type='AdamW', lr=7.5e-4, weight_decay=0.04),
    paramwise_cfg=dict(),
)
auto_scale_lr = dict(enable=False, base_batch_size=384)
