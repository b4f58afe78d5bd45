# Attributes of puppets, linear on a ResNet-18 that is frozen: twin of
# linear classification of ImageNet.
_base_ = [
    '../_base_/classifier_r18.py',
    '../_base_/puppets_pa100k.py',
    '../_base_/classification_cpu.py',
]
model = dict(backbone=dict(frozen_stages=4))
frozen = {'backbone.': dict(lr_mult=0.0, decay_mult=0.0)}  # of any kind
optim_wrapper = dict(
    optimizer=dict(lr=0.01), paramwise_cfg=dict(custom_keys=frozen)
)
benchmark = dict(name='linear', title='Attributes, linear')
benchmark.update(
    metric='multi-label/mAP', slots=dict(last='model.head.in_channels')
)
