# Lambda is 1 for all pictures: semantics without a choice.
# ablates: model.semantic_weight_distribution
_base_ = '../solider_swin-t_1xb64-100ep_people.py'
model = dict(semantic_weight_distribution=1.0)
