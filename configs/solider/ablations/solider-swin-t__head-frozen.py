# The semantic head is not trained: a random network.
# ablates: model.train_semantic_head
_base_ = '../solider_swin-t_1xb64-100ep_people.py'
model = dict(train_semantic_head=False)
