# Attributes of puppets, linear on a ResNet-18 that is frozen: twin of
# linear classification of ImageNet.
_base_ = [
    '../_base_/classifier_r18.py',
    '../_base_/puppets_pa100k.py',
    '../_base_/linear_cpu.py',
]
model = dict(backbone=dict(frozen_stages=4))
benchmark = dict(
    name='classification-linear',
    title='Attributes, linear',
    metric='multi-label/mAP',
    slots=dict(last='model.head.in_channels'),
)
