# SCRL, COCO 2017 boxes in half the time: 45k iterations, steps at 30k and 40k.
_base_ = './scrl_retinanet_r50_fpn_90k_coco.py'
train_cfg = dict(max_iters=45000)
_base_.param_scheduler[1].update(end=45000, milestones=[30000, 40000])
benchmark = dict(
    name='detection-retinanet-45k',
    title='RetinaNet, COCO, 45k',
    metric='bbox_mAP',
    slots=dict(all='model.neck.in_channels'),
)
