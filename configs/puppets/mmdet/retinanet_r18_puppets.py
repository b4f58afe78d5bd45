# Detection of puppets and things in one stage: RetinaNet, ResNet-18.
_base_ = [
    '../_base_/retinanet_cpu.py',
    '../_base_/puppets_detection.py',
    '../_base_/detection_cpu.py',
]
slots = dict(all='model.neck.in_channels')
benchmark = dict(
    name='detection-retinanet',
    title='Detection (RetinaNet)',
    metric='bbox_mAP',
    slots=slots,
)
