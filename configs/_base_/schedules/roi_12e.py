# RoI linear evaluation, our choice (the paper gives no schedule): 12 epochs of
# SGD without decay, cosine, evaluated every epoch.
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=0.02, momentum=0.9, weight_decay=0.0),
)
param_scheduler = [
    dict(
        type='WarmupCosineLR',
        warmup=0,
        end=12,
        by_epoch=True,
        convert_to_iter_based=True,
    )
]
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=12, val_interval=1)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
auto_scale_lr = dict(enable=False, base_batch_size=16)
