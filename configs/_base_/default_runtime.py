# What every run shares: scope, hooks, logs, pictures, processes, seed.
default_scope = 'mmssl'

default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=50, log_metric_by_epoch=False),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(type='CheckpointHook', by_epoch=False, interval=10000),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    visualization=dict(type='FlowVisualizationHook'),
)
custom_hooks = []

# Without a name it takes the run's, so that two runs of one process do not
# write into one folder.
visualizer = dict(
    type='Visualizer', vis_backends=[dict(type='LocalVisBackend')]
)
# mmengine averages whatever is called "loss" over the last 10 values: right
# for training steps, wrong for flow/loss, the mean over the validation set.
log_processor = dict(
    type='LogProcessor',
    window_size=10,
    by_epoch=False,
    mean_pattern=r'^(?!flow/).*(loss|time|data_time|grad_norm)',
)
log_level = 'INFO'

# The launcher changes 'nccl' to 'gloo' where there is no GPU.
env_cfg = dict(
    cudnn_benchmark=True,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'),
)
randomness = dict(seed=0, deterministic=False)

load_from = None
resume = False
