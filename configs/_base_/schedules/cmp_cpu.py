# Minutes on a CPU: warm-up, then cosine.
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, by_epoch=False, begin=0, end=40),
    dict(type='CosineAnnealingLR', by_epoch=False, begin=40, eta_min=2e-5),
]
train_cfg = dict(type='IterBasedTrainLoop', max_iters=900, val_interval=150)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
