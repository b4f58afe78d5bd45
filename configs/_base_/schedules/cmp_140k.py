# 140k iterations, rate / 10 after 80k and 120k, validation every 10k.
param_scheduler = [
    dict(
        type='MultiStepLR',
        by_epoch=False,
        milestones=[80000, 120000],
        gamma=0.1,
    )
]
train_cfg = dict(
    type='IterBasedTrainLoop', max_iters=140000, val_interval=10000
)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
