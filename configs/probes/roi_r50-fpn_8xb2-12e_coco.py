# RoI linear evaluation of a ResNet-50 with feature pyramid, all levels side by
# side, on COCO's ground-truth boxes; sizes and schedule are our choice.
# --cfg-options model.backbone.init_cfg.checkpoint=CHECKPOINT.pth
#     model.region.init_cfg.checkpoint=CHECKPOINT.pth
_base_ = [
    '../_base_/models/roi_r50_fpn.py',
    '../_base_/datasets/roi_coco.py',
    '../_base_/schedules/roi_12e.py',
    '../_base_/probe_runtime.py',
]
