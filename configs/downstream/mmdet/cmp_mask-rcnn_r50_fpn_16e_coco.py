# CMP, COCO 2017 boxes and masks: Mask R-CNN, ResNet-50 with FPN, 16 epochs.
# Paper (supplement): lr 0.02, divided by 10 after epochs 10 and 15, the same
# for all methods. Batch, image sizes, augmentation, momentum, weight decay and
# which layers are frozen are not stated: mmdet's (batch 16, short side 800,
# stem and first stage frozen, batch norms as they were pretrained).
# --cfg-options model.backbone.init_cfg.checkpoint=BACKBONE.pth
_base_ = 'mmdet::mask_rcnn/mask-rcnn_r50_fpn_1x_coco.py'
model = dict(backbone=dict(init_cfg=dict(checkpoint='backbone.pth')))
train_cfg = dict(max_epochs=16)
_base_.param_scheduler[1].update(end=16, milestones=[10, 15])
benchmark = dict(
    name='instances-16e',
    title='Instances, COCO, 16 epochs',
    metric='segm_mAP',
    slots=dict(all='model.neck.in_channels'),
)
