# SCRL, 1000 epochs at a rate of 0.3 for each 256 images (appendix H of the
# paper, whose other rate is 0.45, not the published code's 0.2). Paper: COCO
# box AP 41.2 (40.9 with 0.45).
# Cost: 32 GPUs, 157,000 steps of 8192 images, 1281 M images of two views.
# ablates: optim_wrapper.optimizer.lr
_base_ = './scrl_r50_32xb256-1000ep_imagenet.py'
optim_wrapper = dict(optimizer=dict(lr=9.6))
