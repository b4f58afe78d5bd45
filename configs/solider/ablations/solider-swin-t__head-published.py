# The semantic head of the published code: a random projection of another kind,
# which nothing trains.
# ablates: model.semantic_head, model.train_semantic_head
_base_ = '../solider_swin-t_1xb64-100ep_people.py'
_base_.model.semantic_head = dict(
    type='DINONeck', in_channels=768, num_prototypes=4
)
model = dict(train_semantic_head=False)
