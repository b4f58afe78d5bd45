# Boxes down to 16 px, half a cell of the last map.
# ablates: train_dataloader.dataset.pipeline.SampleBoxPairs.min_size
_base_ = '../scrl_r50_1xb128-100ep_images.py'
_base_.train_dataloader.dataset.pipeline[2].min_size = 16
