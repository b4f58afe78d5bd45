# Parsing of scenes of several puppets: Semantic FPN on a ResNet-18.
_base_ = [
    '../_base_/segmentor_fpn_r18.py',
    '../_base_/puppets_frame_parts.py',
    '../_base_/segmentation_cpu.py',
]
model = dict(data_preprocessor=dict(size=(128, 128)))
benchmark = dict(
    name='scenes',
    title='Parsing of several people',
    metric='mIoU',
    slots=dict(all='model.neck.in_channels'),
)
