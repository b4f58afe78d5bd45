# Twin of CMP's VOC12 segmentation by VGG-16: FCN on the last map (stride 16)
# of a VGG-11, one puppet per picture.
_base_ = [
    '../_base_/segmentor_fcn_r18.py',
    '../_base_/puppets_lip.py',
    '../_base_/segmentation_cpu.py',
]
custom_imports = dict(imports=['mmpretrain.models'])
backbone = dict(type='mmpretrain.VGG', depth=11, norm_cfg=dict(type='BN'))
backbone.update(with_last_pool=False, _delete_=True)
model = dict(backbone=backbone, decode_head=dict(in_index=0))
benchmark = dict(
    name='segmentation-vgg',
    title='Parsing, VGG',
    metric='mIoU',
    slots=dict(last='model.decode_head.in_channels'),
)
