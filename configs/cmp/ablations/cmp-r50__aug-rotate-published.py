# Rotation with the published arctan, which loses the quadrant of the vector.
# ablates: train_dataloader.dataset.pipeline.RotateFlow.prob
# ablates: train_dataloader.dataset.pipeline.RotateFlow.published_arctan
_base_ = '../cmp_r50_1xb32-20k_videos.py'
rotate = _base_.train_dataloader.dataset.pipeline[-3]
rotate.update(prob=0.5, published_arctan=True)
del rotate
