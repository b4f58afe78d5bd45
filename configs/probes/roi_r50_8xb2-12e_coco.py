# RoI linear evaluation of a ResNet-50 on COCO's ground-truth boxes. The paper
# (arXiv:2103.06122) gives no sizes and no schedule: these are our choice.
# --cfg-options model.backbone.init_cfg.checkpoint=CHECKPOINT.pth
_base_ = [
    '../_base_/models/roi_r50.py',
    '../_base_/datasets/roi_coco.py',
    '../_base_/schedules/roi_12e.py',
    '../_base_/probe_runtime.py',
]
