# 42k iterations, rate / 10 after 24k and 36k, validation every 10k.
param_scheduler = [
    dict(
        type='MultiStepLR',
        by_epoch=False,
        milestones=[24000, 36000],
        gamma=0.1,
    )
]
train_cfg = dict(
    type='IterBasedTrainLoop', max_iters=42000, val_interval=10000
)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
