# The semantic loss is the mean over cells by their lambda, instead of over all
# cells.
# ablates: model.semantic_mean
_base_ = '../solider_swin-t_1xb64-100ep_people.py'
model = dict(semantic_mean='weighted')
