# Twelve iterations, or two epochs, of a toy method that is watched.
custom_imports = dict(imports=['probe_parts'])
default_scope = 'mmssl'
model = dict(
    type='TwoViews',
    backbone=dict(type='SmallBackbone'),
    neck=dict(type='SmallNeck'),
    online_probe=dict(type='LinearProbe', num_classes=3, in_channels=8),
)
train_dataloader = dict(
    batch_size=4,
    num_workers=0,
    dataset=dict(type='ColouredSet', size=24, views=2, noise=True),
    sampler=dict(type='DrawSampler'),
    collate_fn=dict(type='default_collate'),
)
train_cfg = dict(by_epoch=False, max_iters=12)
optim_wrapper = dict(optimizer=dict(type='AdamW', lr=0.02))
default_hooks = dict(
    logger=dict(type='LoggerHook', interval=1, log_metric_by_epoch=False),
    checkpoint=dict(type='CheckpointHook', interval=1, by_epoch=False),
)
bank = dict(batch_size=5, dataset=dict(type='ColouredSet', size=31))
queries = dict(batch_size=4, dataset=dict(type='ColouredSet', size=13, seed=1))
custom_hooks = [
    dict(
        type='ProbeHook',
        interval=4,
        probes=[
            dict(type='KnnProbe', loader=queries, bank_loader=bank, k=(5, 9)),
            dict(type='OnlineLinearAccuracy', loader=queries),
        ],
    ),
    dict(type='CollapseHook', interval=3),
]
log_processor = dict(by_epoch=False, window_size=5)
visualizer = dict(
    type='Visualizer', vis_backends=[dict(type='LocalVisBackend')]
)
log_level = 'WARNING'
