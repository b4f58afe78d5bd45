# Reverses half of the flow fields: left becomes right, up becomes down.
# ablates: train_dataloader.dataset.pipeline.ReverseFlow.prob
_base_ = '../cmp_r50_1xb32-20k_videos.py'
_base_.train_dataloader.dataset.pipeline[-5].prob = 0.5
