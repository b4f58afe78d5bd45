# Twelve iterations of a model whose every part draws random numbers.
custom_imports = dict(imports=['resume_parts'])
default_scope = 'mmssl'
model = dict(type='NoisyNet')
train_dataloader = dict(
    batch_size=4,
    num_workers=0,
    dataset=dict(type='NoisySet', size=22),
    sampler=dict(type='DrawSampler'),
    collate_fn=dict(type='default_collate'),
)
val_dataloader = dict(
    batch_size=3,
    num_workers=0,
    dataset=dict(type='NoisySet', size=6),
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='default_collate'),
)
val_evaluator = dict(type='NoisyMetric')
val_cfg = dict()
train_cfg = dict(by_epoch=False, max_iters=12, val_interval=5)
optim_wrapper = dict(
    optimizer=dict(type='AdamW', lr=0.02), clip_grad=dict(max_norm=1.0)
)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, by_epoch=False, begin=0, end=4),
    dict(type='CosineAnnealingLR', by_epoch=False, begin=4, eta_min=1e-4),
]
default_hooks = dict(
    logger=dict(type='LoggerHook', interval=1, log_metric_by_epoch=False),
    checkpoint=dict(type='CheckpointHook', interval=1, by_epoch=False),
)
custom_hooks = []
log_processor = dict(by_epoch=False, window_size=5)
visualizer = dict(
    type='Visualizer', vis_backends=[dict(type='LocalVisBackend')]
)
log_level = 'WARNING'
