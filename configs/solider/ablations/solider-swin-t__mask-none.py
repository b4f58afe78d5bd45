# No part is masked: labels are learned from whole pictures alone.
# ablates: model.mask_part
_base_ = '../solider_swin-t_1xb64-100ep_people.py'
model = dict(mask_part=None)
