# Parsing by epochs, as CMP's recipes for LIP are given, with the optimiser of
# mmseg's own schedules: 50 epochs, lr 0.01, poly 0.9 in steps of iterations.
_base_ = [
    'mmseg::_base_/default_runtime.py',
    'mmseg::_base_/schedules/schedule_20k.py',
]
param_scheduler = [
    dict(
        type='PolyLR',
        eta_min=1e-4,
        power=0.9,
        begin=0,
        end=50,
        by_epoch=True,
        convert_to_iter_based=True,
    )
]
train_cfg = dict(
    _delete_=True, type='EpochBasedTrainLoop', max_epochs=50, val_interval=5
)
default_hooks = dict(
    logger=dict(log_metric_by_epoch=True),
    checkpoint=dict(by_epoch=True, interval=5),
)
log_processor = dict(by_epoch=True)
