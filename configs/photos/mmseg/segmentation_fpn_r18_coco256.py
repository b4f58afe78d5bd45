# Segmentation of COCO photos, nine classes: Semantic FPN on a ResNet-18.
_base_ = [
    '../../puppets/_base_/segmentor_fpn_r18.py',
    '../_base_/photos_coco256.py',
    '../../puppets/_base_/segmentation_cpu.py',
]
model = dict(
    data_preprocessor=dict(size=(160, 160)), decode_head=dict(num_classes=9)
)
benchmark = dict(
    name='segmentation',
    title='Segmentation of photos',
    metric='mIoU',
    slots=dict(all='model.neck.in_channels'),
)
