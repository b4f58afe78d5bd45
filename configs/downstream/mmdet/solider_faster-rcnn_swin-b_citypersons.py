# SOLIDER, pedestrian detection on CityPersons: Faster R-CNN, Swin-B with FPN.
# Published, with another detector: MR^-2 9.7 (reasonable) / 39.4 (heavy).
_base_ = './solider_faster-rcnn_swin-t_citypersons.py'
model = dict(
    backbone=dict(arch='base'), neck=dict(in_channels=[128, 256, 512, 1024])
)
benchmark = dict(
    name='pedestrians-b',
    title='Pedestrians, CityPersons (B)',
    metric='reasonable',
    slots=dict(all='model.neck.in_channels'),
    semantic_weight=1.0,
)
