# Attributes of puppets, a ResNet-18 fine-tuned: twin of fine-tuning on
# ImageNet.
_base_ = [
    '../_base_/classifier_r18.py',
    '../_base_/puppets_pa100k.py',
    '../_base_/classification_cpu.py',
]
benchmark = dict(
    name='classification',
    title='Attributes, fine-tuned',
    metric='multi-label/mAP',
    slots=dict(last='model.head.in_channels'),
)
