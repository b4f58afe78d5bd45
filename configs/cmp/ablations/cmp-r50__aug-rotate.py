# Turns the vectors of half of the flow fields by one random angle each.
# ablates: train_dataloader.dataset.pipeline.RotateFlow.prob
_base_ = '../cmp_r50_1xb32-20k_videos.py'
_base_.train_dataloader.dataset.pipeline[-3].prob = 0.5
