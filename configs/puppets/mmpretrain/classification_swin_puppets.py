# Attributes of puppets, a small Swin fine-tuned: twin of fine-tuning on
# ImageNet.
_base_ = [
    '../_base_/classifier_swin.py',
    '../_base_/puppets_pa100k.py',
    '../_base_/classification_cpu.py',
]
benchmark = dict(
    name='classification-swin',
    title='Attributes, fine-tuned, Swin',
    metric='multi-label/mAP',
    slots=dict(last='model.head.in_channels'),
)
