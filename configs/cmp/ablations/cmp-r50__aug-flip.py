# Mirrors half of the pairs.
# ablates: train_dataloader.dataset.pipeline.FlipImageFlow.prob
_base_ = '../cmp_r50_1xb32-20k_videos.py'
_base_.train_dataloader.dataset.pipeline[-6].prob = 0.5
