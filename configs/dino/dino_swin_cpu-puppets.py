# DINO, a small Swin on a CPU, on generated people: `mmssl puppets
# data/puppets`. What the study of docs/results.md compares.
# Cost: 2 CPU cores, 20 minutes.
_base_ = [
    '../_base_/models/dino_swin_cpu.py',
    '../_base_/datasets/person_views_cpu_puppets.py',
    '../_base_/schedules/dino_fp32.py',
    '../_base_/schedules/dino_cpu.py',
    '../_base_/dino_runtime.py',
]
default_hooks = dict(
    logger=dict(interval=20),
    collapse=dict(interval=10),
    teacher=dict(momentum=0.996),
    visualization=dict(number=6, interval=200),
)
env_cfg = dict(cudnn_benchmark=False, dist_cfg=dict(backend='gloo'))
