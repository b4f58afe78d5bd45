# CMP, VOC 2007 boxes: Faster R-CNN on the last map (stride 16) of a VGG-16.
# Paper (supplement): VGG-16, trained on 2007 trainval, mAP at IoU 0.5 on 2007
# test: ImageNet 67.3, random 39.7, CMP 56.8. Detector and schedule are not
# stated. mmdet has no VGG detector but SSD, so its one-level Faster R-CNN
# carries the VGG of mmpretrain, with batch norm as in CMP's config for it, and
# two layers of 4096 as VGG has; sizes, lr and 12 epochs are mmdet's for VOC.
# --cfg-options model.backbone.init_cfg.checkpoint=BACKBONE.pth
_base_ = [
    'mmdet::_base_/models/faster-rcnn_r50-caffe-dc5.py',
    'mmdet::_base_/datasets/voc0712.py',
    'mmdet::_base_/schedules/schedule_1x.py',
    'mmdet::_base_/default_runtime.py',
]
custom_imports = dict(imports=['mmpretrain.models'])
model = dict(
    # the colours of pretraining, not Caffe's
    data_preprocessor=dict(
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
    ),
    backbone=dict(
        _delete_=True,
        type='mmpretrain.VGG',
        depth=16,
        norm_cfg=dict(type='BN'),
        norm_eval=True,
        out_indices=(4,),
        with_last_pool=False,
        init_cfg=dict(type='Pretrained', checkpoint='backbone.pth'),
    ),
    rpn_head=dict(in_channels=512, feat_channels=512),
    roi_head=dict(
        bbox_roi_extractor=dict(out_channels=512),
        bbox_head=dict(in_channels=512, fc_out_channels=4096, num_classes=20),
    ),
)
# 2007 alone, once in an epoch
train_dataloader = dict(
    dataset=dict(
        _delete_=True, **_base_.train_dataloader.dataset.dataset.datasets[0]
    )
)
_base_.param_scheduler[1].milestones = [9]
optim_wrapper = dict(optimizer=dict(lr=0.01))
benchmark = dict(
    name='detection-vgg',
    title='Detection, VOC 2007 (VGG)',
    metric='mAP',
    slots=dict(
        last=[
            'model.roi_head.bbox_roi_extractor.out_channels',
            'model.roi_head.bbox_head.in_channels',
            'model.rpn_head.in_channels',
        ]
    ),
)
