# One part of a body instead of three, which the supplement finds best.
# ablates: model.part_labels.num_parts, model.semantic_head.num_classes
_base_ = '../solider_swin-t_1xb64-100ep_people.py'
model = dict(part_labels=dict(num_parts=1), semantic_head=dict(num_classes=2))
