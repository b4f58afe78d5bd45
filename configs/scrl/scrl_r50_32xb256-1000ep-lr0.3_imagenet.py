# SCRL, 1000 epochs with a rate of 0.3 for each 256 images (appendix H of the
# paper, which leaves open what else is other than 0.45). Paper: COCO box AP 41.2.
# Cost: 32 GPUs, 157,000 steps of 8192 images, 1281 M images of two views.
# ablates: optim_wrapper.optimizer.lr
_base_ = './scrl_r50_32xb256-1000ep_imagenet.py'
optim_wrapper = dict(optimizer=dict(lr=9.6))
