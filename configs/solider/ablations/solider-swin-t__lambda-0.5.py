# Lambda is 0.5 for all pictures.
# ablates: model.semantic_weight_distribution
_base_ = '../solider_swin-t_1xb64-100ep_people.py'
model = dict(semantic_weight_distribution=0.5)
