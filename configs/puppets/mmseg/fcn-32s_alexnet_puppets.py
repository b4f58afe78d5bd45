# Twin of CMP's VOC12 segmentation by AlexNet: FCN-32s, one puppet per picture
# of 192x96 px.
_base_ = [
    '../_base_/segmentor_fcn-32s_alexnet.py',
    '../_base_/puppets_lip_192x96.py',
    '../_base_/segmentation_cpu.py',
]
benchmark = dict(
    name='segmentation-fcn-32s',
    title='Parsing, FCN-32s',
    metric='mIoU',
    slots=dict(
        last=['model.decode_head.in_channels', 'model.decode_head.channels']
    ),
)
