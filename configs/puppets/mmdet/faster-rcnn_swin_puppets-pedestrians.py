# Detection of whole people, seen or hidden: Faster R-CNN, a narrow Swin.
_base_ = [
    '../_base_/faster_rcnn_cpu.py',
    '../_base_/puppets_pedestrians.py',
    '../_base_/detection_cpu.py',
]
swin = dict(embed_dims=32, depths=[1, 2, 4], num_heads=[1, 2, 4])
swin.update(window_size=4, strides=(4, 2, 2), out_indices=(0, 1, 2))
_base_.model.backbone = dict(type='SwinTransformer', **swin)
_base_.model.neck.in_channels = [32, 64, 128]
_base_.model.roi_head.bbox_head.num_classes = 1
slots = dict(all='model.neck.in_channels')
benchmark = dict(
    name='pedestrians', title='Pedestrians', metric='bbox_mAP', slots=slots
)
