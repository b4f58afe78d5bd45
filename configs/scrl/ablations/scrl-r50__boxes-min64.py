# Boxes of at least 64 px; more images have none.
# ablates: train_dataloader.dataset.pipeline.SampleBoxPairs.min_size
_base_ = '../scrl_r50_1xb128-100ep_images.py'
_base_.train_dataloader.dataset.pipeline[2].min_size = 64
