# Twin of SOLIDER's parsing: PSP on the last map of a small Swin, one puppet
# per picture; half cross entropy, half Lovasz-softmax.
_base_ = [
    '../_base_/segmentor_psp_swin.py',
    '../_base_/puppets_lip.py',
    '../_base_/segmentation_cpu.py',
]
benchmark = dict(
    name='parsing-psp',
    title='Parsing, PSP',
    metric='mIoU',
    slots=dict(last='model.decode_head.in_channels'),
)
