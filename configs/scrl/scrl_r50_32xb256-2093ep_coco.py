# SCRL, ResNet-50, COCO train2017 without labels (appendix D of the paper): as
# many steps as 200 epochs of ImageNet. Paper: COCO box AP 39.0 (BYOL 35.4).
# Cost: 32 GPUs, 31,395 steps of 8192 images, 248 M images of two views.
# ablates: train_dataloader.dataset.data_root
# ablates: train_dataloader.dataset.data_prefix
# ablates: train_dataloader.dataset.labels
# ablates: model.online_probe, default_hooks.probes
# ablates: default_hooks.checkpoint.interval
# ablates: param_scheduler.WarmupCosineLR.warmup, train_cfg.max_epochs
_base_ = './scrl_r50_32xb256-200ep_imagenet.py'
data = _base_.train_dataloader.dataset
data.update(data_root='data/coco', data_prefix='train2017', labels=None)
del data
_base_.model.online_probe = None
_base_.default_hooks.pop('probes')
_base_.default_hooks.checkpoint.interval = 100
_base_.param_scheduler[0].warmup = 105
_base_.train_cfg.max_epochs = 2093
