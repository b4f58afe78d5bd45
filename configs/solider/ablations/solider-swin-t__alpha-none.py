# Both losses count whole, as in the published code.
# ablates: model.alpha
_base_ = '../solider_swin-t_1xb64-100ep_people.py'
model = dict(alpha=None)
