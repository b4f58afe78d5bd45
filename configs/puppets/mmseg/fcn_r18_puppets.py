# Twin of CMP's VOC12 segmentation by a ResNet: FCN on the last map (stride
# 16) of a ResNet-18, scenes of several puppets.
_base_ = [
    '../_base_/segmentor_fcn_r18.py',
    '../_base_/puppets_frame_parts.py',
    '../_base_/segmentation_cpu.py',
]
model = dict(data_preprocessor=dict(size=(128, 128)))
benchmark = dict(
    name='segmentation',
    title='Parsing of several people, FCN',
    metric='mIoU',
    slots=dict(last='model.decode_head.in_channels'),
)
