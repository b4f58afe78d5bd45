# The sparsest published guidance: grid of 200 px, NMS of 81.
# ablates: *_dataloader.dataset.pipeline.SampleGuidance.bg_ratio
# ablates: *_dataloader.dataset.pipeline.SampleGuidance.nms_size
_base_ = '../cmp_r50_1xb32-20k_videos.py'
guidance = dict(bg_ratio=2.5e-5, nms_size=81)
_base_.train_dataloader.dataset.pipeline[-2].update(guidance)
_base_.val_dataloader.dataset.pipeline[-2].update(guidance)
_base_.test_dataloader.dataset.pipeline[-2].update(guidance)
del guidance
