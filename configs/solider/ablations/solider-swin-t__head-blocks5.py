# Five blocks in the semantic head instead of three, which the supplement finds
# best.
# ablates: model.semantic_head.num_blocks
_base_ = '../solider_swin-t_1xb64-100ep_people.py'
model = dict(semantic_head=dict(num_blocks=5))
