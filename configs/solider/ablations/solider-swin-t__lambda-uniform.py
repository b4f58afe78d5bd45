# Each picture draws lambda from all of [0, 1] instead of 0 or 1.
# ablates: model.semantic_weight_distribution
_base_ = '../solider_swin-t_1xb64-100ep_people.py'
model = dict(semantic_weight_distribution='uniform')
