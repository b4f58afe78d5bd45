# SOLIDER on from dino_swin_cpu-photos.py: half of the rate, a new centre.
# It starts from load_from; for another file: --cfg-options load_from=FILE
# Cost: 1 CPU core, 15 minutes for 1200 images.
_base_ = [
    '../_base_/models/solider_swin_cpu.py',
    '../_base_/datasets/person_views_cpu_photos.py',
    '../_base_/schedules/dino_fp32.py',
    '../_base_/schedules/dino_10ep.py',
    '../_base_/solider_runtime.py',
]
optim_wrapper = dict(optimizer=dict(lr=2.5e-4))
custom_hooks = [dict(type='StartWithoutHook', parts=['head'])]
load_from = 'work_dirs/dino_swin_cpu-photos/epoch_20.pth'
default_hooks = dict(
    logger=dict(interval=20),
    collapse=dict(interval=10),
    teacher=dict(momentum=0.996),
    visualization=dict(number=6, interval=200),
    parts=dict(number=6, interval=200),
)
env_cfg = dict(cudnn_benchmark=False, dist_cfg=dict(backend='gloo'))
