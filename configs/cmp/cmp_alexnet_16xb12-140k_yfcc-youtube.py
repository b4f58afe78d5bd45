# CMP, AlexNet-BN, YFCC and YouTube9000, 3.22 M pairs; sparser guidance.
# Paper: VOC 2012 segmentation 44.5 mIoU. Cost: 16 GPUs, 26.9 M samples.
# ablates: train_cfg.max_iters, param_scheduler.MultiStepLR.milestones
# ablates: train_dataloader.sampler.total_iter
# ablates: train_dataloader.dataset.ann_file
# ablates: *_dataloader.dataset.pipeline.SampleGuidance.bg_ratio
# ablates: *_dataloader.dataset.pipeline.SampleGuidance.nms_size
_base_ = './cmp_alexnet_16xb12-70k_yfcc.py'
lists = [f'data/{name}/lists/train.txt' for name in ('yfcc', 'youtube9000')]
sparse = dict(bg_ratio=2.5e-5, nms_size=81)
_base_.train_dataloader.dataset.ann_file = lists
_base_.train_dataloader.dataset.pipeline[-2].update(sparse)
_base_.val_dataloader.dataset.pipeline[-2].update(sparse)
_base_.test_dataloader.dataset.pipeline[-2].update(sparse)
del lists, sparse
_base_.param_scheduler[0].milestones = [80000, 120000]
train_cfg = dict(max_iters=140000)
train_dataloader = dict(sampler=dict(total_iter=140000))
