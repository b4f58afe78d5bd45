# Runs by epochs of a student and its teacher: hooks and logs that go with
# them. Batch norms of several processes act as one.
_base_ = './default_runtime.py'

default_hooks = dict(
    teacher=dict(type='MomentumTeacherHook', momentum=0.97, end=1.0),
    collapse=dict(type='CollapseHook', interval=50),
    checkpoint=dict(by_epoch=True, interval=5, max_keep_ckpts=3),
    visualization=dict(
        _delete_=True, type='ViewVisualizationHook', number=4, interval=5000
    ),
)
log_processor = dict(by_epoch=True)
sync_bn = 'torch'
