# The published recipe with norms and biases left out by their role, and their
# steps of lr.
# ablates: optim_wrapper.paramwise_cfg.published_quirks
_base_ = '../scrl_r50_32xb256-200ep_imagenet.py'
optim_wrapper = dict(paramwise_cfg=dict(published_quirks=False))
