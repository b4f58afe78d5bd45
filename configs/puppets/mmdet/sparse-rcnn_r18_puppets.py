# Detection of puppets and things by learned proposals: Sparse R-CNN.
_base_ = '../_base_/sparse_rcnn_cpu.py'
slots = dict(all='model.neck.in_channels')
benchmark = dict(
    name='detection-sparse',
    title='Detection (Sparse R-CNN)',
    metric='bbox_mAP',
    slots=slots,
)
