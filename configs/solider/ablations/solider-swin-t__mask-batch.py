# The same part is masked in the whole batch, as the published code does.
# ablates: model.mask_part
_base_ = '../solider_swin-t_1xb64-100ep_people.py'
model = dict(mask_part='batch')
