# Dense guidance: grid of 40 px, NMS of 15.
# ablates: *_dataloader.dataset.pipeline.SampleGuidance.bg_ratio
# ablates: *_dataloader.dataset.pipeline.SampleGuidance.nms_size
_base_ = '../cmp_r50_1xb32-20k_videos.py'
guidance = dict(bg_ratio=6.25e-4, nms_size=15)
_base_.train_dataloader.dataset.pipeline[-2].update(guidance)
_base_.val_dataloader.dataset.pipeline[-2].update(guidance)
_base_.test_dataloader.dataset.pipeline[-2].update(guidance)
del guidance
