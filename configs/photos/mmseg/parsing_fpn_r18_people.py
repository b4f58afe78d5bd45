# Parsing of photos of people, eight classes: Semantic FPN on a ResNet-18.
_base_ = [
    '../../puppets/_base_/segmentor_fpn_r18.py',
    '../_base_/photos_people.py',
    '../../puppets/_base_/segmentation_cpu.py',
]
model = dict(decode_head=dict(num_classes=8))
benchmark = dict(
    name='parsing',
    title='Parsing of photos, fine-tuned',
    metric='mIoU',
    slots=dict(all='model.neck.in_channels'),
)
