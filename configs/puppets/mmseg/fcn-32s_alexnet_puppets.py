# Twin of CMP's VOC12 segmentation by AlexNet: FCN-32s, one puppet per picture
# of 192x96 px.
_base_ = [
    '../_base_/segmentor_fcn-32s_alexnet.py',
    '../_base_/puppets_lip.py',
    '../_base_/segmentation_cpu.py',
]
_base_.train_pipeline[2].scale = _base_.test_pipeline[1].scale = (96, 192)
for part, steps in (('train', 'train'), ('val', 'test'), ('test', 'test')):
    dataset = _base_[f'{part}_dataloader'].dataset
    dataset.pipeline = _base_[f'{steps}_pipeline']
del part, steps, dataset
benchmark = dict(name='parsing-fcn-32s', title='Parsing, FCN-32s')
benchmark.update(metric='mIoU', slots=_base_.slots)
