# The published exclusion by names, which misses seven norm weights, and its
# steps of lr^2.
# ablates: optim_wrapper.paramwise_cfg.published_quirks
_base_ = '../scrl_r50_1xb128-100ep_images.py'
optim_wrapper = dict(paramwise_cfg=dict(published_quirks=True))
