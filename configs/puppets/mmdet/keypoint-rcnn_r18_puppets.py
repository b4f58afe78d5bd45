# Keypoints of puppets, found with their boxes: keypoint R-CNN, ResNet-18.
_base_ = [
    '../_base_/keypoint_rcnn_cpu.py',
    '../_base_/puppets_keypoints.py',
    '../_base_/detection_cpu.py',
]
slots = dict(all='model.neck.in_channels')
benchmark = dict(
    name='keypoints', title='Keypoints', metric='keypoints/AP', slots=slots
)
