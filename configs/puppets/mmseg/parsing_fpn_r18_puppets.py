# Parsing of puppets, one per picture: Semantic FPN on a ResNet-18.
_base_ = [
    '../_base_/segmentor_fpn_r18.py',
    '../_base_/puppets_lip.py',
    '../_base_/segmentation_cpu.py',
]
benchmark = dict(
    name='parsing',
    title='Parsing, fine-tuned',
    metric='mIoU',
    slots=dict(all='model.neck.in_channels'),
)
