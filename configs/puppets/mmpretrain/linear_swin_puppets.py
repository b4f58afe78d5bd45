# Attributes of puppets, linear on a small Swin that is frozen: twin of
# linear classification of ImageNet.
_base_ = [
    '../_base_/classifier_swin.py',
    '../_base_/puppets_pa100k.py',
    '../_base_/linear_cpu.py',
]
model = dict(backbone=dict(frozen_stages=2))
benchmark = dict(
    name='classification-linear-swin',
    title='Attributes, linear, Swin',
    metric='multi-label/mAP',
    slots=dict(last='model.head.in_channels'),
)
