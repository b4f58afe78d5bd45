# SOLIDER from scratch, a small Swin on a CPU, with small pictures of people of
# data/demo_people, one person each: a first look. For any other folder:
# --cfg-options train_dataloader.dataset.data_root=FOLDER
# Cost: 2 CPU cores, minutes for 640 images.
_base_ = [
    '../_base_/models/solider_swin_cpu.py',
    '../_base_/datasets/person_views_cpu.py',
    '../_base_/schedules/dino_fp32.py',
    '../_base_/schedules/dino_cpu.py',
    '../_base_/solider_runtime.py',
]
default_hooks = dict(
    logger=dict(interval=10),
    collapse=dict(interval=10),
    teacher=dict(momentum=0.996),
    visualization=dict(number=6, interval=200),
    parts=dict(number=6, interval=200),
)
env_cfg = dict(cudnn_benchmark=False, dist_cfg=dict(backend='gloo'))
