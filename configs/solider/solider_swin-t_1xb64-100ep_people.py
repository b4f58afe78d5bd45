# SOLIDER, Swin-T, any folder of pictures of people at 256x128 on one GPU, from
# scratch, as the paper describes it. Teacher's momentum as DINO's authors
# advise for batches of 256: see docs/small_batch.md. Not measured.
# Cost: 1 GPU; 100 epochs of 100,000 images are 156,200 steps.
_base_ = [
    '../_base_/models/solider_swin.py',
    '../_base_/datasets/person_views_folder.py',
    '../_base_/schedules/dino_bf16.py',
    '../_base_/schedules/dino_100ep.py',
    '../_base_/solider_runtime.py',
]
default_hooks = dict(teacher=dict(momentum=0.9995))
