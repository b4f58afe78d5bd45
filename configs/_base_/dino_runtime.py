# Runs of DINO and SOLIDER: hooks and logs that go with them. Batch norms of
# several processes, where there are any, act as one. The teacher's momentum
# and the held first epoch are the published ones.
_base_ = './default_runtime.py'

default_hooks = dict(
    teacher=dict(type='MomentumTeacherHook', momentum=0.996, end=1.0),
    last_layer=dict(type='FreezeLastLayerHook', epochs=1),
    collapse=dict(
        type='CollapseHook', interval=50, modules=dict(backbone='backbone')
    ),
    checkpoint=dict(by_epoch=True, interval=5, max_keep_ckpts=3),
    visualization=dict(
        _delete_=True, type='ViewVisualizationHook', number=4, interval=5000
    ),
)
log_processor = dict(by_epoch=True)
sync_bn = 'torch'
