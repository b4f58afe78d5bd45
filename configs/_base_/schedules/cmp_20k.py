# 20k iterations, rate / 10 after 12k and 17k, validation every 2k.
param_scheduler = [
    dict(
        type='MultiStepLR',
        by_epoch=False,
        milestones=[12000, 17000],
        gamma=0.1,
    )
]
train_cfg = dict(type='IterBasedTrainLoop', max_iters=20000, val_interval=2000)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
