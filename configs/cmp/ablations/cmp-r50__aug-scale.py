# Multiplies each flow field by a random factor, 0.5 to 2.
# ablates: train_dataloader.dataset.pipeline.ScaleFlow.low
# ablates: train_dataloader.dataset.pipeline.ScaleFlow.high
_base_ = '../cmp_r50_1xb32-20k_videos.py'
_base_.train_dataloader.dataset.pipeline[-4].update(low=0.5, high=2.0)
