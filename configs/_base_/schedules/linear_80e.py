# The published linear evaluation: 80 epochs of SGD with Nesterov's momentum
# inside LARS (trust ratio for all parameters, no decay), lr 0.2 for each 256
# images, warm-up 5 epochs, cosine; evaluated every 5 epochs.
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(
        type='ScrlLARS', lr=3.2, momentum=0.9, nesterov=True, weight_decay=0.0
    ),
)
param_scheduler = [
    dict(
        type='WarmupCosineLR',
        warmup=5,
        end=80,
        by_epoch=True,
        convert_to_iter_based=True,
    )
]
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=80, val_interval=5)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
auto_scale_lr = dict(enable=False, base_batch_size=4096)
