# LARS with norms and biases left out by their role: 0.45 for each 256 images,
# here of 128. An online probe, where there is one, steps by plain SGD with a
# rate of its own.
optim_wrapper = dict(
    type='AmpOptimWrapper',
    loss_scale='dynamic',
    accumulative_counts=1,
    constructor='RoleOptimWrapperConstructor',
    optimizer=dict(
        type='ScrlLARS',
        lr=0.225,
        momentum=0.9,
        weight_decay=1e-6,
        trust_coef=0.001,
        eps=1e-8,
    ),
    paramwise_cfg=dict(published_quirks=False, online_probe=dict(lr=0.1)),
)
auto_scale_lr = dict(enable=False, base_batch_size=128)
