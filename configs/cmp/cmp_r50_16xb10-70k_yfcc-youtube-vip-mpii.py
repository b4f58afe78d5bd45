# CMP, ResNet-50, four sources, 4.57 M pairs; denser guidance, for parsing.
# Paper: LIP 40.2 mIoU single-, 52.9 multi-person. Cost: 16 GPUs, 11.2 M
# samples.
# ablates: *_dataloader.dataset.pipeline.SampleGuidance.bg_ratio
# ablates: *_dataloader.dataset.pipeline.SampleGuidance.nms_size
# ablates: train_dataloader.dataset.ann_file
# ablates: train_dataloader.sampler.total_iter
# ablates: train_cfg.max_iters, param_scheduler.MultiStepLR.milestones
_base_ = './cmp_r50_16xb10-42k_yfcc.py'
dense = dict(bg_ratio=1.5625e-4, nms_size=15)
_base_.train_dataloader.dataset.pipeline[-2].update(dense)
_base_.val_dataloader.dataset.pipeline[-2].update(dense)
_base_.test_dataloader.dataset.pipeline[-2].update(dense)
sources = ('yfcc', 'youtube9000', 'VIP', 'MPII')
lists = [f'data/{source}/lists/train.txt' for source in sources]
_base_.train_dataloader.dataset.ann_file = lists
del dense, sources, lists
_base_.param_scheduler[0].milestones = [40000, 60000]
train_cfg = dict(max_iters=70000)
train_dataloader = dict(sampler=dict(total_iter=70000))
