# All switches as in the published code: random head, one mask for the batch,
# both losses whole.
# ablates: model.semantic_head, model.train_semantic_head, model.mask_part
# ablates: model.alpha
_base_ = '../solider_swin-t_1xb64-100ep_people.py'
_base_.model.semantic_head = dict(
    type='DINONeck', in_channels=768, num_prototypes=4
)
model = dict(train_semantic_head=False, mask_part='batch', alpha=None)
