# SOLIDER, Swin-T, LUPerson at 256x128, 10 epochs on from 100 of DINO, as
# published: a tenth of the rate; student and teacher of the DINO run, but a
# new centre and new schedules. It starts from load_from; another:
# --cfg-options load_from=FILE
# Cost: 8 GPUs, 108,850 steps of 384 images of ten views.
_base_ = [
    '../_base_/models/solider_swin_published.py',
    '../_base_/datasets/person_views.py',
    '../_base_/schedules/dino_published.py',
    '../_base_/schedules/dino_10ep.py',
    '../_base_/solider_runtime.py',
]
optim_wrapper = dict(optimizer=dict(lr=7.5e-5))
custom_hooks = [dict(type='StartWithoutHook', parts=['head'])]
load_from = 'work_dirs/dino_swin-t_8xb48-100ep_luperson/epoch_100.pth'
