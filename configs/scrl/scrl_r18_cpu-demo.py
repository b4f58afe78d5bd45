# SCRL, ResNet-18 on a CPU in minutes, with small images of data/demo_images:
# a first look, not a backbone to keep. For any other folder:
# --cfg-options train_dataloader.dataset.data_root=FOLDER
# Cost: 2 CPU cores, minutes.
_base_ = [
    '../_base_/models/scrl_r18.py',
    '../_base_/datasets/scrl_images.py',
    '../_base_/schedules/scrl_sgd.py',
    '../_base_/schedules/scrl_cpu.py',
    '../_base_/scrl_runtime.py',
]
train_dataloader = dict(batch_size=64, num_workers=1)
_base_.train_dataloader.dataset.data_root = 'data/demo_images'
for view in _base_.train_dataloader.dataset.pipeline[1].views:
    view[0].size = 96
del view
_base_.train_dataloader.dataset.pipeline[2].min_size = 24

default_hooks = dict(
    logger=dict(interval=10),
    collapse=dict(interval=10),
    teacher=dict(momentum=0.99),
    visualization=dict(number=6, interval=200),
)
env_cfg = dict(cudnn_benchmark=False, dist_cfg=dict(backend='gloo'))
