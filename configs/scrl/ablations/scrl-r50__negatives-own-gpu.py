# Negatives of the same process alone; matters with several.
# ablates: model.head
_base_ = '../scrl_r50_1xb128-100ep_images.py'
_base_.model.head = dict(
    type='RoIContrastHead',
    keys_from='online',
    loss=dict(type='RoIContrastLoss', temperature=0.1, cross_rank=False),
)
