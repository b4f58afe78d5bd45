# Twelve iterations of a linear model on ten samples.
custom_imports = dict(imports=['toy_parts'])
default_scope = 'mmssl'
model = dict(type='ToyModel')
train_dataloader = dict(
    batch_size=4,
    num_workers=0,
    dataset=dict(type='ToySet'),
    sampler=dict(type='DrawSampler', seed=3),
    collate_fn=dict(type='default_collate'),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=0,
    dataset=dict(type='ToySet'),
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='default_collate'),
)
val_evaluator = dict(type='ToyMetric')
val_cfg = dict()
train_cfg = dict(by_epoch=False, max_iters=12, val_interval=12)
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.05, momentum=0.9))
param_scheduler = dict(
    type='MultiStepLR', milestones=[10], gamma=0.1, by_epoch=False
)
default_hooks = dict(
    logger=dict(type='LoggerHook', interval=1, log_metric_by_epoch=False),
    checkpoint=dict(type='CheckpointHook', interval=4, by_epoch=False),
)
log_processor = dict(by_epoch=False, window_size=1)
visualizer = dict(
    type='Visualizer', vis_backends=[dict(type='LocalVisBackend')]
)
log_level = 'WARNING'
randomness = dict(seed=0)
