# At most ten guidance points, of both kinds.
# ablates: *_dataloader.dataset.pipeline.SampleGuidance.max_points
_base_ = '../cmp_r50_1xb32-20k_videos.py'
_base_.train_dataloader.dataset.pipeline[-2].max_points = 10
_base_.val_dataloader.dataset.pipeline[-2].max_points = 10
_base_.test_dataloader.dataset.pipeline[-2].max_points = 10
