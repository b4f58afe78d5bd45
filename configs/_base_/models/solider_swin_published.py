# SOLIDER on a Swin-T as the published code trains it, where it differs from
# the paper: the part head is a frozen random projection, one part is masked in
# the whole batch, and the two losses are added up. For Swin-B: arch='base' and
# in_channels=1024, twice.
_base_ = './dino_swin.py'
model = dict(
    type='SOLIDER',
    semantic_head=dict(
        type='DINONeck',
        in_channels=768,
        hid_channels=2048,
        bottleneck_channels=256,
        num_prototypes=4,
        num_layers=3,
        norm_last_layer=True,
        use_bn=False,
    ),
    train_semantic_head=False,
    part_labels=dict(
        type='PartLabels', num_parts=3, foreground=True, min_foreground=0.5
    ),
    tokens='normed',
    mask_part='batch',
    semantic_weight_distribution='binary',
    alpha=None,
    semantic_mean='all',
    semantic_loss_weight=1.0,
)
