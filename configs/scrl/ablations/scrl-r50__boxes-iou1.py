# Boxes of one image may lie on one another.
# ablates: train_dataloader.dataset.pipeline.SampleBoxPairs.iou_threshold
_base_ = '../scrl_r50_1xb128-100ep_images.py'
_base_.train_dataloader.dataset.pipeline[2].iou_threshold = 1.0
