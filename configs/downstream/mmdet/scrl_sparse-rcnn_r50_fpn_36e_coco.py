# SCRL, COCO 2017 boxes: Sparse R-CNN, 100 proposals, 36 epochs.
# Paper (E): Sparse R-CNN's own settings, which mmdet's config has (short sides
# 480-800, AdamW, steps after epochs 27 and 33, frozen batch norms).
# --cfg-options model.backbone.init_cfg.checkpoint=BACKBONE.pth
_base_ = 'mmdet::sparse_rcnn/sparse-rcnn_r50_fpn_ms-480-800-3x_coco.py'
model = dict(backbone=dict(init_cfg=dict(checkpoint='backbone.pth')))
benchmark = dict(
    name='detection-sparse',
    title='Sparse R-CNN, COCO',
    metric='bbox_mAP',
    slots=dict(all='model.neck.in_channels'),
)
