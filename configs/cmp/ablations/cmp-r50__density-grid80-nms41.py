# Guidance of the published AlexNet recipe: grid of 80 px, NMS of 41.
# ablates: *_dataloader.dataset.pipeline.SampleGuidance.bg_ratio
# ablates: *_dataloader.dataset.pipeline.SampleGuidance.nms_size
_base_ = '../cmp_r50_1xb32-20k_videos.py'
guidance = dict(bg_ratio=1.5625e-4, nms_size=41)
_base_.train_dataloader.dataset.pipeline[-2].update(guidance)
_base_.val_dataloader.dataset.pipeline[-2].update(guidance)
_base_.test_dataloader.dataset.pipeline[-2].update(guidance)
del guidance
