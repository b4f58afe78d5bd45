# Detection of people in COCO photos: Faster R-CNN with FPN, ResNet-18.
_base_ = [
    '../../puppets/_base_/faster_rcnn_cpu.py',
    '../_base_/photos_coco256_boxes.py',
    '../../puppets/_base_/detection_cpu.py',
]
_base_.model.roi_head.bbox_head.num_classes = 1
slots = dict(all='model.neck.in_channels')
benchmark = dict(
    name='detection', title='People in photos', metric='bbox_mAP', slots=slots
)
