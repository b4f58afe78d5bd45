# LIP by SOLIDER's Swin-T with a plain head. Published with the heads and the
# self-correction of SCHP: mIoU 57.5; here its pyramid pooling on the last map
# alone (mmseg's PSPHead: 1, 2, 3, 6 cells, 512 channels) and half its losses:
# 0.5 cross entropy + 0.5 Lovasz-softmax. As published: 572x384 px, strides (4,
# 2, 2, 1), no drop path, patch embedding frozen, SGD lr 7e-3 without decay,
# 8 GPUs x 8, 150 epochs: warm-up 30, cosine to 120, then three of 10 epochs
# from half the lr (for self-correction; it is not done here).
# lambda 0.8 as the authors' README says (their code has 0): it is folded in by
#   mmssl export CHECKPOINT backbone.pth --part teacher --semantic-weight 0.8
# --cfg-options model.backbone.init_cfg.checkpoint=backbone.pth
_base_ = [
    'mmseg::_base_/models/pspnet_r50-d8.py',
    '../_base_/lip_parsing_572x384.py',
    '../_base_/solider_parsing_150e.py',
]
model = dict(
    pretrained=None,
    data_preprocessor=dict(size=(572, 384)),
    backbone=dict(
        _delete_=True,
        type='SwinTransformer',
        embed_dims=96,
        depths=(2, 2, 6, 2),
        num_heads=(3, 6, 12, 24),
        strides=(4, 2, 2, 1),
        out_indices=(3,),  # norms of unused maps would stop DDP
        drop_path_rate=0.0,
        frozen_stages=0,
        init_cfg=dict(type='Pretrained', checkpoint='backbone.pth'),
    ),
    decode_head=dict(
        in_channels=768,
        in_index=0,
        num_classes=20,
        align_corners=True,
        loss_decode=[
            dict(type='CrossEntropyLoss', loss_weight=0.5),
            dict(type='LovaszLoss', reduction='none', loss_weight=0.5),
        ],
    ),
    auxiliary_head=None,
)
train_dataloader = dict(batch_size=8)
benchmark = dict(
    name='parsing-psp',
    title='LIP parsing, PSP',
    metric='mIoU',
    slots=dict(last='model.decode_head.in_channels'),
    semantic_weight=0.8,
)
