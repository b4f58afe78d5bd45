# SGD instead of LARS, at a tenth of the rate for each 256 images.
# ablates: optim_wrapper.optimizer
_base_ = '../scrl_r50_1xb128-100ep_images.py'
_base_.optim_wrapper.optimizer = dict(
    type='SGD', lr=0.0225, momentum=0.9, weight_decay=1e-4
)
