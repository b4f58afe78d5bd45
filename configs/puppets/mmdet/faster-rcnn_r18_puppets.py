# Detection of puppets and things: Faster R-CNN with FPN, ResNet-18.
_base_ = [
    '../_base_/faster_rcnn_cpu.py',
    '../_base_/puppets_detection.py',
    '../_base_/detection_cpu.py',
]
slots = dict(all='model.neck.in_channels')
benchmark = dict(
    name='detection', title='Detection', metric='bbox_mAP', slots=slots
)
