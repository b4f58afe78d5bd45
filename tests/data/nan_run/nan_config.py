# Eight iterations of a tiny model on ten samples, batches of four.
custom_imports = dict(imports=['nan_parts'])
default_scope = 'mmssl'
model = dict(type='NanModel')
train_dataloader = dict(
    batch_size=4,
    num_workers=0,
    dataset=dict(type='NanSet'),
    sampler=dict(type='DrawSampler', seed=3),
    collate_fn=dict(type='pseudo_collate'),
)
train_cfg = dict(by_epoch=False, max_iters=8)
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.05, momentum=0.9))
param_scheduler = dict(
    type='MultiStepLR', milestones=[6], gamma=0.1, by_epoch=False
)
default_hooks = dict(
    logger=dict(type='LoggerHook', interval=1, log_metric_by_epoch=False),
    checkpoint=dict(type='CheckpointHook', interval=3, by_epoch=False),
)
log_processor = dict(by_epoch=False, window_size=2)
visualizer = dict(
    type='Visualizer', vis_backends=[dict(type='LocalVisBackend')]
)
log_level = 'WARNING'
randomness = dict(seed=0)
