# NMS of 15 at the same grid, as in the published LIP recipe.
# ablates: *_dataloader.dataset.pipeline.SampleGuidance.nms_size
_base_ = '../cmp_r50_1xb32-20k_videos.py'
_base_.train_dataloader.dataset.pipeline[-2].nms_size = 15
_base_.val_dataloader.dataset.pipeline[-2].nms_size = 15
_base_.test_dataloader.dataset.pipeline[-2].nms_size = 15
