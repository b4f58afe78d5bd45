# Twenty pairs of boxes for each image.
# ablates: train_dataloader.dataset.pipeline.SampleBoxPairs.num_boxes
_base_ = '../scrl_r50_1xb128-100ep_images.py'
_base_.train_dataloader.dataset.pipeline[2].num_boxes = 20
