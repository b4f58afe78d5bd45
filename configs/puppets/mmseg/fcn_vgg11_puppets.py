# Twin of CMP's VOC12 segmentation by VGG-16: FCN on the last map (stride 16)
# of a VGG-11, one puppet per picture.
_base_ = [
    '../_base_/segmentor_fcn_vgg11.py',
    '../_base_/puppets_lip.py',
    '../_base_/segmentation_cpu.py',
]
train_dataloader = dict(batch_size=4)
benchmark = dict(
    name='segmentation-vgg',
    title='Parsing, VGG',
    metric='mIoU',
    slots=dict(last='model.decode_head.in_channels'),
)
