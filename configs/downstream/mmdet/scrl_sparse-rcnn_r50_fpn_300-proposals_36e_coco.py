# SCRL, COCO 2017 boxes: Sparse R-CNN, 300 proposals, 36 epochs, random crops.
# Paper (E, marked *): Sparse R-CNN's own settings, which mmdet's config has.
# --cfg-options model.backbone.init_cfg.checkpoint=BACKBONE.pth
_base_ = (
    'mmdet::sparse_rcnn/'
    'sparse-rcnn_r50_fpn_300-proposals_crop-ms-480-800-3x_coco.py'
)
model = dict(backbone=dict(init_cfg=dict(checkpoint='backbone.pth')))
benchmark = dict(
    name='detection-sparse-300',
    title='Sparse R-CNN*, COCO',
    metric='bbox_mAP',
    slots=dict(all='model.neck.in_channels'),
)
