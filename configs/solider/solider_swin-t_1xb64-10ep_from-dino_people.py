# SOLIDER, Swin-T, any folder of pictures of people at 256x128 on one GPU, on
# from 100 epochs of DINO, as the paper describes it: a tenth of the rate, a
# new centre. It starts from load_from; another file: --cfg-options
# load_from=FILE
# Cost: 1 GPU; 10 epochs of 100,000 images are 15,620 steps. Not measured.
_base_ = [
    '../_base_/models/solider_swin.py',
    '../_base_/datasets/person_views_folder.py',
    '../_base_/schedules/dino_bf16.py',
    '../_base_/schedules/dino_10ep.py',
    '../_base_/solider_runtime.py',
]
optim_wrapper = dict(optimizer=dict(lr=1.25e-5))
default_hooks = dict(teacher=dict(momentum=0.9995))
custom_hooks = [dict(type='StartWithoutHook', parts=['head'])]
load_from = 'work_dirs/dino_swin-t_1xb64-100ep_people/epoch_100.pth'
