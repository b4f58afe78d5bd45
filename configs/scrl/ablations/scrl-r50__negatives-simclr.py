# SimCLR over boxes (appendix I): all others are negatives, no teacher. The
# appendix gives no numbers; temperature 0.1 is SimCLR's.
# ablates: model.head
_base_ = '../scrl_r50_1xb128-100ep_images.py'
_base_.model.head = dict(
    type='RoIContrastHead',
    keys_from='online',
    loss=dict(type='RoIContrastLoss', temperature=0.1),
)
