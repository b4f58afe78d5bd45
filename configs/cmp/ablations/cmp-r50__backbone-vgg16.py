# VGG-16 with batch norm, cut before its last pool (stride 16). Paper, VGG-16
# without a published recipe: VOC 2007 detection 56.8 mAP.
# ablates: model.backbone, model.neck.in_channels
# ablates: model.motion_encoder.strides
_base_ = '../cmp_r50_1xb32-20k_videos.py'
_base_.model.backbone = dict(
    type='VGG', depth=16, norm_cfg=dict(type='BN'), with_last_pool=False
)
model = dict(
    neck=dict(in_channels=512), motion_encoder=dict(strides=(2, 2, 4))
)
