# CMP, AlexNet-BN, YFCC 1.26 M pairs, the published recipe for 8 GPUs: half
# the batch, twice the iterations. No result is reported for it alone.
# Cost: 8 GPUs, 13.4 M samples.
# ablates: train_cfg.max_iters, param_scheduler.MultiStepLR.milestones
# ablates: train_dataloader.sampler.total_iter, auto_scale_lr.base_batch_size
_base_ = './cmp_alexnet_16xb12-70k_yfcc.py'
_base_.param_scheduler[0].milestones = [80000, 120000]
train_cfg = dict(max_iters=140000)
train_dataloader = dict(sampler=dict(total_iter=140000))
auto_scale_lr = dict(base_batch_size=96)
