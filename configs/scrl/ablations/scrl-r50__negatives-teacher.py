# Negatives among the teacher's projections, with the predictor.
# ablates: model.head
_base_ = '../scrl_r50_1xb128-100ep_images.py'
_base_.model.head.update(
    type='RoIContrastHead',
    keys_from='teacher',
    loss=dict(type='RoIContrastLoss', temperature=0.1),
)
