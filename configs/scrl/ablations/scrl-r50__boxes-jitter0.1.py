# Moves and stretches the second view's boxes by up to a tenth.
# ablates: train_dataloader.dataset.pipeline.SampleBoxPairs.jitter
_base_ = '../scrl_r50_1xb128-100ep_images.py'
_base_.train_dataloader.dataset.pipeline[2].jitter = 0.1
