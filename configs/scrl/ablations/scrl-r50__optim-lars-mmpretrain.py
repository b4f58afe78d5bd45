# LARS of mmpretrain, whose momentum buffer holds rate times gradient.
# ablates: optim_wrapper.optimizer
_base_ = '../scrl_r50_1xb128-100ep_images.py'
_base_.optim_wrapper.optimizer = dict(
    type='LARS', lr=0.225, momentum=0.9, weight_decay=1e-6, eta=0.001
)
