# LARS as published: 0.45 for each 256 images, here of 8192, in mixed precision
# as published. published_quirks: what the published code leaves out of weight
# decay and trust ratio by its name, with steps of lr^2.
optim_wrapper = dict(
    type='AmpOptimWrapper',
    loss_scale='dynamic',
    accumulative_counts=1,
    constructor='RoleOptimWrapperConstructor',
    optimizer=dict(
        type='ScrlLARS',
        lr=14.4,
        momentum=0.9,
        weight_decay=1e-6,
        trust_coef=0.001,
        eps=1e-8,
    ),
    paramwise_cfg=dict(published_quirks=True),
)
auto_scale_lr = dict(enable=False, base_batch_size=8192)
