# SGD for ResNets as published: 0.03 for each 256 images, here of 512, in mixed
# precision. Each gradient is clipped by its own norm.
optim_wrapper = dict(
    type='AmpOptimWrapper',
    loss_scale='dynamic',
    accumulative_counts=1,
    clip_grad=dict(type='parameter', max_norm=3.0),
    constructor='RoleOptimWrapperConstructor',
    optimizer=dict(type='SGD', lr=0.06, momentum=0.9, weight_decay=1e-4),
    paramwise_cfg=dict(),
)
auto_scale_lr = dict(enable=False, base_batch_size=512)
