# Boxes anywhere, not within the cells of a grid.
# ablates: train_dataloader.dataset.pipeline.SampleBoxPairs.mode
_base_ = '../scrl_r50_1xb128-100ep_images.py'
_base_.train_dataloader.dataset.pipeline[2].mode = 'random'
