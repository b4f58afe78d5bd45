# ImageNet for BYOL: SCRL's views without boxes.
_base_ = './scrl_imagenet.py'
_base_.train_dataloader.dataset.pipeline.pop(2)
