# Instance masks of puppets and things: Mask R-CNN with FPN, ResNet-18.
_base_ = [
    '../_base_/mask_rcnn_cpu.py',
    '../_base_/puppets_instances.py',
    '../_base_/detection_cpu.py',
]
slots = dict(all='model.neck.in_channels')
benchmark = dict(
    name='instances', title='Instances', metric='segm_mAP', slots=slots
)
