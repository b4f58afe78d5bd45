# Detection of puppets and things on one map of a VGG-11: Faster R-CNN.
_base_ = [
    '../_base_/faster_rcnn_vgg_cpu.py',
    '../_base_/puppets_detection.py',
    '../_base_/detection_cpu.py',
]
last = ['model.roi_head.bbox_roi_extractor.out_channels']
last += ['model.roi_head.bbox_head.in_channels', 'model.rpn_head.in_channels']
benchmark = dict(
    name='detection-vgg',
    title='Detection (one map)',
    metric='bbox_mAP',
    slots=dict(last=last),
)
