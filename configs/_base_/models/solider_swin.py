# SOLIDER on a Swin-T as the paper and its supplement describe it: a part head
# of three blocks that is trained, a part masked in each image for itself, and
# losses weighed by alpha, whose value they do not give. For Swin-B:
# arch='base' and in_channels=1024, twice.
_base_ = './dino_swin.py'
model = dict(
    type='SOLIDER',
    semantic_head=dict(
        type='SemanticHead', in_channels=768, num_classes=4, num_blocks=3
    ),
    train_semantic_head=True,
    part_labels=dict(
        type='PartLabels', num_parts=3, foreground=True, min_foreground=0.5
    ),
    tokens='normed',
    mask_part='image',
    semantic_weight_distribution='binary',
    alpha=0.5,
    semantic_mean='all',
    semantic_loss_weight=1.0,
)
