# SGD for small batches, norms and biases without decay.
optim_wrapper = dict(
    type='OptimWrapper',
    accumulative_counts=1,
    constructor='RoleOptimWrapperConstructor',
    optimizer=dict(type='SGD', lr=0.05, momentum=0.9, weight_decay=1e-4),
    paramwise_cfg=dict(online_probe=dict(lr=0.05)),
)
auto_scale_lr = dict(enable=False, base_batch_size=64)
