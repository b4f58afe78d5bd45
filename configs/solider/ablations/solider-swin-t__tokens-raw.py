# Cells are clustered by their features before the last norm.
# ablates: model.tokens
_base_ = '../solider_swin-t_1xb64-100ep_people.py'
model = dict(tokens='raw')
