# What segmentation probes share: as the other offline protocols, with max and
# last of the mean IoU.
_base_ = './probe_runtime.py'
custom_hooks = [
    dict(type='SyncBuffersHook'),
    dict(
        type='MaxAndLastHook',
        metrics=('parsing/miou', 'parsing/pixel_accuracy'),
    ),
]
