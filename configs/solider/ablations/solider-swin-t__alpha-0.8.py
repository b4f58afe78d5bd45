# The DINO loss weighs 0.8 instead of 0.5, the semantic loss the rest.
# ablates: model.alpha
_base_ = '../solider_swin-t_1xb64-100ep_people.py'
model = dict(alpha=0.8)
