# Linear evaluation of a ResNet-50 on ImageNet as SCRL publishes it for its
# BYOL baselines: lr 0.8 for 32 GPUs x 128 images (0.05 for each 256).
# --cfg-options model.backbone.init_cfg.checkpoint=CHECKPOINT.pth
_base_ = [
    '../_base_/models/linear_r50.py',
    '../_base_/datasets/linear_in1k.py',
    '../_base_/schedules/linear_80e.py',
    '../_base_/probe_runtime.py',
]
optim_wrapper = dict(optimizer=dict(lr=0.8))
