# Linear evaluation of a ResNet-50 on ImageNet on one GPU: the published recipe
# with 256 images a step and the rate that goes with them.
# --cfg-options model.backbone.init_cfg.checkpoint=CHECKPOINT.pth
_base_ = [
    '../_base_/models/linear_r50.py',
    '../_base_/datasets/linear_in1k.py',
    '../_base_/schedules/linear_80e.py',
    '../_base_/probe_runtime.py',
]
_base_.train_dataloader.batch_size = 256
optim_wrapper = dict(optimizer=dict(lr=0.2))
auto_scale_lr = dict(base_batch_size=256)
